"""Several pytest at once over the same files: each file is run by the one that comes to it first.

They share a folder, which CTI_TEST_LANES names, and a file that is taken is a folder in it: mkdir(2) has one winner. So
no list says who runs what, and all of them are done at nearly the same time. It knows no test.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """pytest's own loop over the files that are ours: others' tests are not run, and not counted. The next file is
    taken when the last test of the one before begins, as pytest must know what of its fixtures can stay."""
    lanes = os.environ.get("CTI_TEST_LANES", "")
    if not lanes or session.config.option.collectonly:
        return None
    ours = (item for item in session.items if taken(Path(lanes), item.path))
    item = next(ours, None)
    while item is not None:
        following = next(ours, None)
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
        item = following
    return True


@cache
def taken(lanes: Path, file: Path) -> bool:
    """Whether this file is ours, from the first look on."""
    try:
        (lanes / f"{file.parent.name}-{file.stem}").mkdir()
    except FileExistsError:
        return False
    return True

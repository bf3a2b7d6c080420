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
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    """True, which ends pytest's own care for the test, when its file is another's: not run, and not counted."""
    lanes = os.environ.get("CTI_TEST_LANES", "")
    return True if lanes and not taken(Path(lanes), item.path) else None


@cache
def taken(lanes: Path, file: Path) -> bool:
    """Whether this file is ours, from the first look on."""
    try:
        (lanes / f"{file.parent.name}-{file.stem}").mkdir()
    except FileExistsError:
        return False
    return True

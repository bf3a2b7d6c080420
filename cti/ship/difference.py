"""What shipping now would change, for people: a unified diff of Asterisk's files, and the same in the site's words.

It knows texts; who rendered them, and what lies in place, it is given.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

from .masking import Mask

_NOT_THERE = "/dev/null"


def unified(old: Mapping[str, str], new: Mapping[str, str], mask: Mask, *, labels: tuple[str, str]) -> dict[str, str]:
    """File name -> its part of a unified diff, of the files that differ; secrets are masked.

    `labels` are put before the names: what is in place, and what is meant to be.
    """
    found = {}
    for name in sorted({*old, *new}):
        if old.get(name) == new.get(name):
            continue
        before, after = (mask.hide(name, side.get(name, "")).splitlines() for side in (old, new))
        left = f"{labels[0]}/{name}" if name in old else _NOT_THERE
        right = f"{labels[1]}/{name}" if name in new else _NOT_THERE
        found[name] = "\n".join(difflib.unified_diff(before, after, left, right, lineterm=""))
    return found


def in_place(etc: Path, names: Mapping[str, object] | set[str]) -> dict[str, str]:
    """The texts of these files in the folder, of those that are there; bytes that are no text are shown as escapes."""
    there = [name for name in names if (etc / name).is_file()]
    return {name: (etc / name).read_bytes().decode(errors="backslashreplace") for name in there}

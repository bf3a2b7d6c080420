"""Where a fetched Asterisk lives: one folder per machine type, shared by every instance of this user.

It knows the folder's name; it knows neither how to fill it (`fetch`) nor what is inside (`find`).
"""

from __future__ import annotations

import platform
from pathlib import Path

from ..share import user_cache

RECIPE = 1  # counts up when `fetch` unpacks other packages, so that an older cache is not mistaken for a whole one


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME` (or `~/.cache`) + `cti/pbx/<machine>`; may not exist yet."""
    return user_cache() / "pbx" / platform.machine()


def fetched_root() -> Path:
    """The unpacked packages. It appears by one rename, so that it exists means that it is whole."""
    return cache_folder() / f"root-{RECIPE}"

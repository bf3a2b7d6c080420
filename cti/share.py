"""Finds the folders that travel beside the code (templates, migrations, example scripts) and the user's cache.

In a checkout they are at the top level; in an installed wheel they are under `cti/_share`.
"""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).parent


def shared_folder(name: str) -> Path:
    """The folder `dialplan`, `asterisk_conf`, `agi_scripts` or `migrations`, wherever this copy keeps it."""
    packed = _PACKAGE / "_share" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name


def user_cache() -> Path:
    """`$XDG_CACHE_HOME` (or `~/.cache`) + `cti`: what instances of this user share; may not exist yet."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if os.path.isabs(base) else Path.home() / ".cache") / "cti"

"""Finds the folders that travel beside the code: templates, migrations, example scripts.

In a checkout they are at the top level; in an installed wheel they are under `cti/_share`.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def shared_folder(name: str) -> Path:
    """The folder `dialplan`, `asterisk_conf`, `agi_scripts` or `migrations`, wherever this copy keeps it."""
    packed = _PACKAGE / "_share" / name
    return packed if packed.is_dir() else _PACKAGE.parent / name

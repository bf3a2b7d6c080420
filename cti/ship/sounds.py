"""Prompts as they were: an older dialplan must find the sounds that it plays.

It knows where they lie (`sounds/<language>/cti/<file>` below Asterisk's data folder, all ours) and that a sound is
never changed in place, so a hard link keeps it for nothing. Who makes sounds is `render`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..errors import RenderError

_NEW = ".cti-new-"


def sounds_in_place(data: Path) -> dict[str, Path]:
    """`<language>/<file>` -> its file."""
    found = sorted((data / "sounds").glob("*/cti/*"))
    return {f"{file.parent.parent.name}/{file.name}": file for file in found if file.is_file() and file.name[0] != "."}


def put_sounds_back(kept: Path, data: Path) -> None:
    """Make the prompts below `data` those of the folder `kept` (`<language>/<file>`). Raises RenderError."""
    if not kept.is_dir():
        return
    wanted = {f"{file.parent.name}/{file.name}": file for file in kept.glob("*/*")}
    try:
        for name, file in sounds_in_place(data).items():
            if name not in wanted:
                file.unlink(missing_ok=True)  # first: where the disk is full this makes room
        for name, source in wanted.items():
            _put(source, data / "sounds" / Path(name).parent / "cti" / source.name)
    except OSError as error:
        raise RenderError(f"{error.filename}: {error.strerror}") from error


def _put(source: Path, target: Path) -> None:
    if target.is_file() and (target.samefile(source) or target.read_bytes() == source.read_bytes()):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(_NEW + target.name)
    new.unlink(missing_ok=True)
    link_or_copy(source, new)
    os.replace(new, target)


def link_or_copy(source: Path, target: Path) -> None:
    """The same sound under another name, at no cost; a copy where that cannot be."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
        target.chmod(0o644)

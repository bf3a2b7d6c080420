"""The private Asterisk's own folders: which they are, and that they exist with the right things in them.

It knows where Asterisk looks for sounds, documentation and its control socket; it knows nothing of processes.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..config import Config
from ..errors import PbxError
from .find import Installation

_SOCKET_LIMIT = 107  # bytes of a unix socket's path: sun_path of unix(7) less its NUL
_LANGUAGES = {"en": ("en", "en_US_f_Allison"), "zh": ("zh", "zh_CN")}  # ours -> names that packages use


@dataclass(frozen=True, slots=True, kw_only=True)
class Dirs:
    """What `[directories]` of asterisk.conf is printed from; absolute paths."""

    etc: Path
    lib: Path  # astdb, state
    spool: Path  # voicemail
    log: Path
    run: Path  # pid file, control socket
    data: Path  # sounds, moh, documentation
    modules: Path
    key: Path


def dirs_of(config: Config, installation: Installation) -> Dirs:
    """The folders of this instance's private Asterisk; makes none of them."""
    home = config.pbx_home
    return Dirs(
        etc=config.etc,
        lib=home / "lib",
        spool=home / "spool",
        log=config.log_dir,
        run=run_folder(config),
        data=home / "data",
        modules=installation.modules,
        key=home / "keys",
    )


def run_folder(config: Config) -> Path:
    """`var/pbx/run`, or a short folder of this user's when the kernel would refuse the control socket's path."""
    near = config.pbx_home / "run"
    if len(os.fsencode(near / "asterisk.ctl")) <= _SOCKET_LIMIT:
        return near
    label = hashlib.sha256(os.fsencode(config.home)).hexdigest()[:12]
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    return Path(own if Path(own).is_absolute() else tempfile.gettempdir()) / f"cti-{os.getuid()}-{label}"


def make_folders(config: Config, installation: Installation) -> Dirs:
    """Make every folder (idempotent), link the package's sounds and documentation into the data folder.

    `data/sounds/<language>` are real folders full of links, so that the instance's own prompts can lie among the
    package's. Raises PbxError when a short run folder in a shared place belongs to somebody else.
    """
    dirs = dirs_of(config, installation)
    for folder in (
        dirs.lib,
        dirs.spool / "voicemail",
        dirs.key / "keys",
        dirs.data / "moh" / "default",
        config.recordings,
        dirs.log / "cdr-custom",
        dirs.log / "cel-custom",
    ):
        folder.mkdir(parents=True, exist_ok=True)
    _make_private(dirs.run)
    for entry in installation.data.iterdir():
        if entry.name not in ("sounds", "moh"):
            _link(dirs.data / entry.name, entry)
    for language, packaged in _LANGUAGES.items():
        folder = dirs.data / "sounds" / language
        folder.mkdir(parents=True, exist_ok=True)
        source = next(
            (installation.data / "sounds" / n for n in packaged if (installation.data / "sounds" / n).is_dir()), None
        )
        for entry in source.iterdir() if source else ():
            _link(folder / entry.name, entry)
    return dirs


def _make_private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise PbxError(f"{folder} is not this user's own folder; remove it")
    folder.chmod(0o700)


def _link(link: Path, target: Path) -> None:
    """Point `link` at `target`; what the instance itself put there (a real file or folder) stays."""
    if link.is_symlink():
        if link.readlink() == target:
            return
        link.unlink()
    if not link.exists():
        link.symlink_to(target)

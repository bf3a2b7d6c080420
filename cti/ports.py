"""Ports for a new instance, so that several live side by side, also those that do not run at the moment.

It knows blocks of ports and who of this user's instances has reserved which; it knows nothing of what they are for.
A reservation is a file in the user's cache folder that names the instance; it lapses when that instance is gone. Those
in the system's folder for temporary files are nobody's for long: when all blocks are taken, the oldest of them that is
not running and has stood for `KEPT` seconds gives its block up.
"""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .config import PORTS
from .errors import ConfigError
from .share import user_cache

LOWEST, HIGHEST = 10_000, 32_000  # below Linux's ephemeral range (32768)
OTHERS = 20  # ports of a block before its RTP range
KEPT = 600  # seconds that a temporary instance has to be started, before its ports may go to another


def free_ports(address: str = "127.0.0.1", rtp_pairs: int = 200, home: Path | None = None) -> dict[str, int]:
    """Reserve a block for the instance `home` and return the six port options.

    They were bindable an instant ago; the RTP range holds `2 * rtp_pairs` ports and is not probed one by one. The
    search begins at a place that the home's path decides. Raises ConfigError when every block is taken.
    """
    bases = range(LOWEST, HIGHEST - 2 * rtp_pairs, OTHERS + 2 * rtp_pairs)
    digest = hashlib.sha256(str(home.resolve()).encode() if home else b"").digest()
    first = int.from_bytes(digest[:8], "big") % len(bases)
    if found := _first_free(address, (*bases[first:], *bases[:first]), rtp_pairs, home):
        return found
    for taken in _temporary():
        begin = int(taken.name.partition("-")[0])
        if not all(_is_free(address, begin + which) for which in (0, 2, 4, 6)):
            continue  # it runs
        taken.unlink(missing_ok=True)
        if found := _first_free(address, bases, rtp_pairs, home):
            return found
    raise ConfigError(f"no free block of ports on {address}; remove an old instance or set the ports in cti.toml")


def give_back(home: Path) -> None:
    """An instance that will not run again needs no ports; its folder may stay."""
    with suppress(OSError):
        for taken in (user_cache() / "ports").glob("*-*"):
            if taken.read_text(encoding="utf-8") == str(home.resolve()):
                taken.unlink(missing_ok=True)


def _first_free(address: str, bases: Iterable[int], rtp_pairs: int, home: Path | None) -> dict[str, int] | None:
    for base in bases:
        rtp = base + OTHERS
        ports = (base, base + 2, base + 4, base + 6, rtp, rtp + 2 * rtp_pairs - 1)
        if all(_is_free(address, port) for port in ports) and _reserve(ports[0], ports[-1], home):
            return dict(zip(PORTS, ports, strict=True))
    return None


def _temporary() -> list[Path]:
    """Reservations of instances in the folder for temporary files, the oldest first; the newest not at all."""
    found: list[tuple[float, Path]] = []
    folder = Path(tempfile.gettempdir()).resolve()
    with suppress(OSError):
        for taken in (user_cache() / "ports").glob("*-*"):
            made = taken.stat().st_mtime
            if time.time() - made > KEPT and Path(taken.read_text(encoding="utf-8")).is_relative_to(folder):
                found.append((made, taken))
    return [taken for _, taken in sorted(found)]


def _reserve(first: int, last: int, home: Path | None) -> bool:
    """Take `first`-`last` for `home`; False when a living instance has a port of it. Without a home: just look."""
    folder = user_cache() / "ports"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for taken in folder.glob("*-*"):
            begin, _, end = taken.name.partition("-")
            if int(begin) <= last and first <= int(end) and not _lapsed(taken, home):
                return False
        if home is not None:
            mine = folder / f"{first}-{last}"
            mine.unlink(missing_ok=True)
            handle = os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)  # of two at once, one gets it
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(str(home.resolve()))
    except FileExistsError:
        return False
    except (OSError, ValueError):
        return True  # no cache folder: the ports were free, which has to do
    return True


def _lapsed(taken: Path, home: Path | None) -> bool:
    """Whether the reservation is this home's own, or of an instance that was removed. One being made is not."""
    owner = taken.read_text(encoding="utf-8")
    if not owner:
        return False
    return (home is not None and Path(owner) == home.resolve()) or not Path(owner).is_dir()


def _is_free(address: str, port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True

"""UDP ports of phones. What one process of this user has picked no other one picks, though nothing is bound there yet.

From the moment in which a port is known to be free to that in which SIPp binds it, an Asterisk may have to start whose
files name it. So each port is a byte of a file in the user's cache, which is locked for as long as this process
lives (fcntl(2): record locks go with their process, however it ends) or until `let_go`.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import socket
from functools import cache

from ..errors import PhoneError
from ..share import user_cache

# Above Linux's ephemeral ports (ip_local_port_range): what the kernel picks could be picked again before it is bound.
FIRST_PORT, PORTS = 64_000, 1_500
_turn = (FIRST_PORT + n % PORTS for n in itertools.count(os.getpid() * 41))  # what was let go comes round late
_picked: set[int] = set()


def free_port(address: str, port: int = 0) -> int:
    """A UDP port of `address`: `port` itself, which must be free, or one of our own range that is ours from now on.

    Raises PhoneError when it is taken, or all are.
    """
    if port:
        _probe(address, port)
        return port
    for _ in range(PORTS):
        found = next(_turn)
        if found in _picked or not _reserve(found):
            continue
        with contextlib.suppress(PhoneError):
            _probe(address, found)
            _picked.add(found)
            return found
        _forget(found)
    raise PhoneError(f"no free UDP port on {address} from {FIRST_PORT} on")


def let_go(port: int) -> None:
    """Whoever was on it is gone: others may pick it. One that was not picked here is left alone."""
    if port in _picked:
        _picked.discard(port)
        _forget(port)


def _probe(address: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, port))
        except OSError as error:
            raise PhoneError(f"a phone cannot use {address}:{port}: {error.strerror}") from error


@cache
def _reservations() -> int | None:
    """The file, open until our end: closing it would free all. None: no cache folder; that a port is free has to do."""
    try:
        user_cache().mkdir(parents=True, exist_ok=True)
        return os.open(user_cache() / "phone-ports", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return None


def _reserve(port: int) -> bool:
    if (file := _reservations()) is None:
        return True
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _forget(port: int) -> None:
    if (file := _reservations()) is not None:
        with contextlib.suppress(OSError):
            fcntl.lockf(file, fcntl.LOCK_UN, 1, port)

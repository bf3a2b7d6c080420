"""Mailboxes on disk as app_voicemail leaves them: written here byte by byte, so that they can be wrong as well."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

RECEIVED = 1_795_310_608


class Spool:
    """A spool folder; `leave` writes one message."""

    received = RECEIVED

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, box: str, folder: str = "INBOX", context: str = "default") -> Path:
        path = self.root / context / box / folder
        path.mkdir(parents=True, exist_ok=True)
        return path

    def leave(self, box: str, number: int = 0, *, folder: str = "INBOX", context: str = "default", **said: str) -> Path:
        """The files of msgNNNN in a folder of a box; returns the text."""
        told = {
            "origmailbox": box,
            "callerid": '"Li Lei" <13901230001>',
            "origtime": str(RECEIVED + number),
            "category": "call=1795310600.3 queue=sales did=4008001234",
            "msg_id": f"{RECEIVED}-{number:08x}",
            "duration": "3",
            **said,
        }
        stem = self.folder(box, folder, context) / f"msg{number:04}"
        stem.with_suffix(".wav").write_bytes(wav(b"\x01\x02" * 24_000))
        text = ";\n; Message Information file\n;\n[message]\n" + "".join(f"{k}={v}\n" for k, v in told.items())
        stem.with_suffix(".txt").write_bytes(text.encode("utf-8", "surrogateescape"))
        return stem.with_suffix(".txt")


def wav(sound: bytes) -> bytes:
    """What format_wav.c writes: 8 kHz, mono, 16 bit."""
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16)
    riff = struct.pack("<4sI4s", b"RIFF", 36 + len(sound), b"WAVE")
    return riff + form + struct.pack("<4sI", b"data", len(sound)) + sound


@pytest.fixture
def spool(tmp_path) -> Spool:
    return Spool(tmp_path / "voicemail")

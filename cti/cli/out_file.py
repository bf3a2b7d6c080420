"""The file that `--out` names: it appears whole or not at all. It knows files and the terminal, and no format."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import click

from ..errors import UsageError


def print_or_put(data: str | bytes, out: Path | None) -> None:
    """Into the file, or to standard output (a terminal takes no bytes). Raises UsageError."""
    raw = data.encode() if isinstance(data, str) else data
    if out is not None:
        put(out, raw)
        click.echo(f"{out}: {len(raw):,} bytes", err=True)
        return
    if isinstance(data, bytes) and sys.stdout.isatty():
        raise UsageError("this format is for a file: add --out FILE, or redirect the output")
    click.echo(raw, nl=not raw.endswith(b"\n") and isinstance(data, str))


def put(out: Path, raw: bytes, *, folders: bool = False) -> None:
    """Write, or replace, a file; a pipe or a device (/dev/null) is written into and stays one. Raises UsageError.

    `folders`: those that lead to it are made.
    """
    whole = Path(os.path.realpath(out))  # a link stays one, too
    half = whole.with_name(f".{whole.name}.new")
    try:
        if out.exists() and not out.is_file():
            out.write_bytes(raw)
            return
        if folders:
            whole.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(raw)
        half.replace(whole)
    except OSError as error:
        with suppress(OSError):
            half.unlink()
        raise UsageError(f"cannot write {out}: {error.strerror}") from error

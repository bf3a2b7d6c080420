"""Streams a recording, whole or one range of it.

It knows HTTP ranges and how to send a header that is not in the file; it refuses to know which files may be read:
the path was chosen and checked by whoever made the `Recording`. As a last guard it opens no symlink and nothing but a
regular file.
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
from pathlib import Path

from aiohttp import web

from cti.errors import NotFound

from .backend import Recording

CHUNK = 1 << 16
RANGE = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")  # exactly one range


def parse_range(text: str, total: int) -> tuple[int, int] | None:
    """The half-open byte range that `text` asks of `total` bytes; None when it cannot be satisfied (RFC 9110 §14).

    Several ranges, other units and nonsense count as unsatisfiable: the RFC lets a server refuse them.
    """
    found = RANGE.fullmatch(text)
    if found is None:
        return None
    first, last = found.groups()
    if first == "":
        length = min(int(last), total) if last else 0
        return (total - length, total) if length else None
    start, end = int(first), min(int(last) + 1, total) if last else total
    return (start, end) if start < end else None


async def stream(request: web.Request, recording: Recording, name: str) -> web.StreamResponse:
    """Answer with the recording as audio/wav: 200, 206 or 416. Raises NotFound when the file is gone."""
    file = await asyncio.to_thread(open_regular, recording.path)
    try:
        size = min(recording.size, os.fstat(file).st_size)
        total = len(recording.header) + size
        span = _span(request, total)
        if span is None:
            return _unsatisfiable(total)
        status, headers = _head(request, span, total, name)
        response = web.StreamResponse(status=status, headers=headers)
        response.content_length = span[1] - span[0]
        await response.prepare(request)
        await _send(response, recording.header, file, *span)
        return response
    finally:
        os.close(file)


def whole_or_range(request: web.Request, sound: bytes, name: str) -> web.Response:
    """The same of a sound that is in memory."""
    span = _span(request, len(sound))
    if span is None:
        return _unsatisfiable(len(sound))
    status, headers = _head(request, span, len(sound), name)
    return web.Response(status=status, body=sound[slice(*span)], headers=headers)


def _span(request: web.Request, total: int) -> tuple[int, int] | None:
    asked = request.headers.getall("Range", [])
    if not asked:
        return 0, total
    return parse_range(asked[0], total) if len(asked) == 1 else None


def _head(request: web.Request, span: tuple[int, int], total: int, name: str) -> tuple[int, dict[str, str]]:
    headers = {
        "Content-Type": "audio/wav",
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'inline; filename="{name}.wav"',
    }
    if "Range" not in request.headers:
        return 200, headers
    return 206, {**headers, "Content-Range": f"bytes {span[0]}-{span[1] - 1}/{total}"}


def open_regular(path: Path) -> int:
    """A descriptor of a regular file that is not a symlink. Raises NotFound for everything else."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise NotFound("this recording's file is gone") from error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NotFound("this recording's file is gone")
    return file


async def _send(response: web.StreamResponse, header: bytes, file: int, start: int, end: int) -> None:
    if start < len(header):
        await response.write(header[start:end])
        start = len(header)
    while start < end:
        chunk = await asyncio.to_thread(os.pread, file, min(CHUNK, end - start), start - len(header))
        if not chunk:  # the file shrank: the missing bytes show as a short body
            return
        await response.write(chunk)
        start += len(chunk)


def _unsatisfiable(total: int) -> web.Response:
    headers = {"Content-Range": f"bytes */{total}"}
    return web.json_response({"error": "this range cannot be sent; ask for one range"}, status=416, headers=headers)

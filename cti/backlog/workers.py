"""The processes that parse and fold a backlog: chunks in, what is ready to be stored out.

A worker has no state and no files: when the process that asks it dies, its pipe ends, and so does the worker. They are
not multiprocessing's, which would first import once more whatever program is running; of these, one process imports
what all of them need and then divides itself.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from multiprocessing import Pipe
from multiprocessing.connection import Connection

from ..db.ready import Ready, prepared
from ..errors import StoreError
from ..journal.reading import Reading, pieces
from ..journal.tail import Chunk

_PROGRAM = f"from {__name__} import main; main()"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker made of some chunks; `ready` None: a file lost its end, which only the rows can tell more of."""

    readings: list[Reading]
    ready: Ready | None


class Worker:
    """One that makes chunks ready, at the other end of a pipe. One question at a time."""

    def __init__(self, pipe: Connection, process: subprocess.Popen[bytes]) -> None:
        self.pipe, self.process = pipe, process

    def ask(self, chunks: list[Chunk]) -> Answer:
        """Blocks until it is done. Raises StoreError when the process died."""
        try:
            self.pipe.send(chunks)
            answer: Answer = self.pipe.recv()
        except (EOFError, OSError) as error:
            raise StoreError("a process that reads journals died; what it had is read again next time") from error
        return answer

    def end(self) -> None:
        """Both ends read that nothing more comes, also a thread that waits for an answer."""
        with suppress(OSError), socket.fromfd(self.pipe.fileno(), socket.AF_UNIX, socket.SOCK_STREAM) as ours:
            ours.shutdown(socket.SHUT_RDWR)


Free = asyncio.Queue[Worker]


@asynccontextmanager
async def workers(count: int, sqlite: bool) -> AsyncIterator[Free]:
    """They end with their pipes, and have nothing to lose."""
    pipes = [Pipe() for _ in range(count)]
    fds = [theirs.fileno() for _, theirs in pipes]
    command = [sys.executable, "-P", "-c", _PROGRAM, "sqlite" if sqlite else "postgresql", *map(str, fds)]
    process = await asyncio.to_thread(subprocess.Popen, command, pass_fds=fds, stdin=subprocess.DEVNULL)
    made = [Worker(ours, process) for ours, _ in pipes]
    free: Free = asyncio.Queue()
    for worker, (_, theirs) in zip(made, pipes, strict=True):
        theirs.close()
        free.put_nowait(worker)
    try:
        yield free
    finally:
        for worker in made:
            worker.end()
        await asyncio.to_thread(process.wait)


def main() -> None:
    """One process for each pipe: this one imports what all of them need, half a second's work, and then divides."""
    kind, *fds = sys.argv[1:]
    gc.disable()  # as `Backlog` does
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever asks; then the pipes end
    gc.freeze()
    own, *others = pipes = [Connection(int(fd)) for fd in fds]
    for pipe in others:
        if os.fork() == 0:
            _serve(pipe, pipes, kind == "sqlite")
            os._exit(0)
    _serve(own, pipes, kind == "sqlite")
    for _ in others:
        os.wait()


def _serve(own: Connection, pipes: Sequence[Connection], sqlite: bool) -> None:
    for pipe in pipes:
        if pipe is not own:
            pipe.close()
    with suppress(EOFError, OSError):  # whoever asks is gone
        while True:
            own.send(answered(own.recv(), sqlite))
            gc.collect()


def answered(chunks: list[Chunk], sqlite: bool) -> Answer:
    """These chunks parsed and folded."""
    readings = [Reading() for _ in chunks]
    files = [pieces(chunk, reading) for chunk, reading in zip(chunks, readings, strict=True)]
    if any(chunk.position.cut for chunk in chunks):
        deque(chain.from_iterable(files), maxlen=0)  # for what is refused
        return Answer(readings, None)
    return Answer(readings, prepared(files, sqlite=sqlite))

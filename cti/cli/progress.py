"""What a long report is doing, on stderr where that is a terminal; nothing for one that takes no longer than a moment.

It knows the terminal. Files and pipes never see it: it is on stderr, and gone when the report comes.
"""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from ..db.store import Store
from ..reporting.question import Question, Tell
from .rows import with_store

T = TypeVar("T")

QUIET_SECONDS = 1.0


@contextmanager
def progress(screen: Console | None = None, quiet_seconds: float = QUIET_SECONDS) -> Iterator[Tell]:
    """`tell(doing, done, of)` moves the bar; of 0: how much there is to do is not known."""
    screen = screen or Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
    task = bar.add_task("reading", total=None)
    begin = threading.Timer(quiet_seconds, bar.start)
    begin.daemon = True
    if screen.is_terminal:
        begin.start()

    def tell(doing: str, done: int, of: int) -> None:
        bar.update(task, description=doing, completed=done, total=of or None)

    try:
        yield tell
    finally:
        begin.cancel()
        if begin.is_alive():
            begin.join()
        bar.stop()


def watched(home: Path, question: Question, work: Callable[[Store, Question], Awaitable[T]]) -> T:
    """Do this with the instance's database, and show how far it is. Raises CtiError."""
    with progress() as tell:
        return with_store(home, lambda store: work(store, replace(question, tell=tell)))

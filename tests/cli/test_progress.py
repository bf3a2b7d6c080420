"""Long reports say what they are doing, to a person at a terminal and to nobody else."""

from __future__ import annotations

import io
import threading

from rich.console import Console

from cti.cli.progress import progress


class Screen(io.StringIO):
    """What was drawn; `drawn` is set with the first of it."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn = threading.Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if "simulating" in self.getvalue():
            self.drawn.set()
        return written


def test_at_a_terminal_it_is_shown_while_it_lasts() -> None:
    screen = Screen()
    with progress(Console(file=screen, force_terminal=True, width=80), quiet_seconds=0.0) as tell:
        tell("simulating", 1, 3)
        assert screen.drawn.wait(60)


def test_what_takes_no_longer_than_a_moment_shows_nothing() -> None:
    screen = Screen()
    with progress(Console(file=screen, force_terminal=True, width=80), quiet_seconds=60.0) as tell:
        tell("simulating", 1, 3)
    assert "simulating" not in screen.getvalue()


def test_a_file_or_a_pipe_never_sees_it() -> None:
    screen = Screen()
    with progress(Console(file=screen, width=80), quiet_seconds=0.0) as tell:
        tell("simulating", 1, 3)
    assert screen.getvalue() == ""

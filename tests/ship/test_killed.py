"""An apply that is killed (SIGKILL, a real process) at every single change it makes: the old dialplan still serves, and
the next one that comes along makes everything as it was."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from yard import NEW, OLD, Yard, in_a_child

CHANGES = {"os.rename", "os.remove", "os.link", "os.mkdir", "os.rmdir", "os.chmod", "shutil.copyfile", "fcntl.flock"}


def killed_at(number: int, work: Callable[[], object], yard: Yard) -> bool:
    """Do it in a process that is killed just before its change number `number` of the disk or word to Asterisk."""

    def child() -> None:
        done = 0

        def tick() -> None:
            nonlocal done
            done += 1
            if done == number:
                os.kill(os.getpid(), signal.SIGKILL)

        def look(event: str, arguments: tuple[object, ...]) -> None:
            if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE):
                tick()

        ask = yard.asterisk.ask

        def counted(text: str) -> str:
            tick()
            return ask(text)

        yard.asterisk.ask = counted  # type: ignore[method-assign]
        sys.addaudithook(look)
        work()

    status = in_a_child(child)
    assert status in (0, signal.SIGKILL)
    return status == signal.SIGKILL


def test_a_kill_at_any_change_leaves_the_old_one_serving_and_is_undone_by_the_next(tmp_path: Path) -> None:
    number = 0
    while True:
        number += 1
        yard = Yard(tmp_path / str(number)).begun()
        if not killed_at(number, partial(yard.ship, NEW), yard):
            break
        for name, text in yard.contents().items():
            assert text in (OLD.get(name), NEW.get(name)), (number, name)
        yard.shipping().mend()
        yard.check(OLD)  # the last change of all is the one that settles it
        if number % 10 == 0:
            yard.ship(NEW)
            yard.check(NEW)
    assert yard.contents() == NEW
    assert number > 60


def test_what_was_undone_is_told(tmp_path: Path) -> None:
    yard = Yard(tmp_path).begun()
    yard.asterisk.on_reload = lambda: os.kill(os.getpid(), signal.SIGKILL)
    assert in_a_child(partial(yard.ship, NEW)) == signal.SIGKILL
    yard.asterisk.on_reload = lambda: None
    assert yard.contents() == NEW  # in place, but not proven
    yard.shipping().mend()
    assert yard.said[-1] == "version 2 was cut off before it was proven; version 1 is back in place"
    assert yard.asterisk.reloads()[-1] == "dialplan reload"  # Asterisk may have read some of the new ones
    failed = yard.history.version(2)
    assert (failed.state, failed.why) == ("failed", "it was cut off before it was proven")
    assert yard.ship(NEW).undone == []


def test_the_undoing_may_be_killed_at_any_change_too(tmp_path: Path) -> None:
    number = 0
    while True:
        number += 1
        yard = Yard(tmp_path / str(number)).begun()
        assert in_a_child(partial(_die_at_the_probe, yard)) == signal.SIGKILL
        killed = killed_at(number, yard.shipping().mend, yard)
        yard.shipping().mend()
        if killed:
            yard.asterisk.read()
        assert yard.contents() == OLD
        assert yard.sounds() == ["old.wav"]
        if not killed:
            break
    assert number > 15


def _die_at_the_probe(yard: Yard) -> None:
    ask = yard.asterisk.ask

    def dying(text: str) -> str:
        if text == "dialplan show":
            os.kill(os.getpid(), signal.SIGKILL)
        return ask(text)

    yard.asterisk.ask = dying  # type: ignore[method-assign]
    yard.ship(NEW)


def test_the_first_apply_of_all_is_undone_to_what_was_there_before(tmp_path: Path) -> None:
    yard = Yard(tmp_path)
    yard.etc.mkdir()
    (yard.etc / "extensions.conf").write_text("; theirs\n")
    (yard.etc / "extensions.conf").chmod(0o644)
    yard.asterisk.start()
    assert in_a_child(partial(_die_at_the_probe, yard)) == signal.SIGKILL
    assert yard.contents() == NEW
    yard.shipping().mend()
    assert yard.contents() == {"extensions.conf": "; theirs\n"}
    assert (yard.etc / "extensions.conf").stat().st_mode & 0o777 == 0o644
    assert yard.history.head() is None


def test_of_two_at_once_the_second_waits_and_says_for_whom(tmp_path: Path) -> None:
    yard = Yard(tmp_path).begun()
    reader, writer = os.pipe()
    again, go = os.pipe()

    def slow() -> None:
        os.write(writer, b"in")
        os.read(again, 1)

    yard.asterisk.on_reload = slow
    child = os.fork()
    if child == 0:
        yard.ship(NEW)
        os._exit(0)
    os.read(reader, 2)
    other = Yard(tmp_path)
    other.asterisk.up = True
    other.said = Told(lambda: os.write(go, b"g" * 20))
    other.ship(OLD)
    assert os.waitpid(child, 0)[1] == 0
    assert other.said[0] == f"another apply is under way (pid {child}); waiting for it"
    assert [version.state for version in other.history.versions()] == ["proven"] * 3
    assert other.contents() == OLD
    for handle in (reader, writer, again, go):
        os.close(handle)


class Told(list[str]):
    """What is said; the first word lets the other one go on."""

    def __init__(self, first: Callable[[], object]) -> None:
        super().__init__()
        self._first = first

    def append(self, text: str) -> None:
        super().append(text)
        if len(self) == 1:
            self._first()


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_somebody_who_breaks_off_has_everything_as_before(tmp_path: Path, end: type[BaseException]) -> None:
    yard = Yard(tmp_path).begun()

    def stop() -> None:
        yard.asterisk.on_reload = lambda: None
        raise end

    yard.asterisk.on_reload = stop
    with pytest.raises(end):
        yard.ship(NEW)
    yard.check(OLD)

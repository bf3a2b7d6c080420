"""What a caller did at menus and inputs: each time one was asked is a stretch, with what came of it.

It knows the two events that the dialplan writes into CEL (`CTI_MENU`: NAME is asked; `CTI_KEY`: NAME chosen KEY, NAME
invalid KEY, NAME timeout, NAME none), and no menu: which key is a right one, the dialplan has decided. Of an input the
key is what its digits came to (found, not_found, error, ok), never a digit. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from .journal import JournalLine
from .stretches import Kind, Stretch


class Came(StrEnum):
    """What came of asking once; the outcome of a menu's segment. "" = it was not over."""

    CHOSEN = "chosen"
    INVALID = "invalid"
    TIMEOUT = "timeout"
    LEFT = "left"  # the call ended, or went elsewhere, while it was asked


@dataclass(slots=True)
class MenuStory:
    """Reads the lines in written order. `detail` of a stretch is the menu, `target` the key where there was one."""

    stretches: list[Stretch] = field(default_factory=list)
    path: str = ""  # `main:1>sub:->member:found`; `-`: sent on without a key, as in CTI_PATH
    _open: Stretch | None = None

    def read(self, line: JournalLine) -> None:
        said = _said(line)
        menu, _, rest = said.partition(" ")
        if line.data.get("user_event") == "CTI_MENU":
            self._close(line.at)
            self._open = Stretch(kind=Kind.MENU, started=line.at, detail=said)
            return
        word, _, key = rest.partition(" ")
        if word == "none":
            self._open = None  # asked again it was not
            self._pass(menu, "-")
        elif word in (Came.CHOSEN, Came.INVALID, Came.TIMEOUT):
            self._answer(line.at, menu, Came(word), key)

    def _answer(self, at: datetime, menu: str, came: Came, key: str) -> None:
        asked = self._open or Stretch(kind=Kind.MENU, started=at)
        self.stretches.append(asked._replace(ended=at, outcome=came.value, detail=menu, target=key))
        self._open = None if came is Came.CHOSEN else Stretch(kind=Kind.MENU, started=at, detail=menu)
        if came is Came.CHOSEN:
            self._pass(menu, key)

    def _pass(self, menu: str, key: str) -> None:
        self.path += f"{'>' if self.path else ''}{menu}:{key}"

    def told(self, others: Iterable[datetime], ended: datetime | None) -> list[Stretch]:
        """All of them. What is still asked ends with what else began (`others`), or with the call; None: it goes on."""
        if self._open is None:
            return self.stretches
        since = self._open.started
        return [*self.stretches, _left(self._open, min((at for at in others if at >= since), default=ended))]

    def _close(self, at: datetime) -> None:
        if self._open is not None:
            self.stretches.append(_left(self._open, at))
            self._open = None


def _left(asked: Stretch, at: datetime | None) -> Stretch:
    return asked._replace(ended=at and max(at, asked.started), outcome="" if at is None else Came.LEFT.value)


def menu_story(lines: Iterable[JournalLine]) -> MenuStory:
    """Read the menu events among CEL's lines, which are in written order. What is asked at the end is open."""
    story = MenuStory()
    for line in filter(_is_ours, lines):
        story.read(line)
    return story


def _is_ours(line: JournalLine) -> bool:
    return line.kind == "USER_DEFINED" and line.data.get("user_event") in ("CTI_MENU", "CTI_KEY") and bool(_said(line))


def _said(line: JournalLine) -> str:
    extra = line.data.get("extra")
    return str(extra.get("extra", "")) if isinstance(extra, dict) else ""

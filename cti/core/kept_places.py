"""The places that are kept for callers who hung up, found by their name, by the attempt under way, and by number.

It knows that there is one callback for each number; it knows nothing of what happens to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from .callback import Callback
from .words import CallId


class KeptPlaces:
    """Callbacks as frozen values; `change` puts a new one where the old one was."""

    def __init__(self, number_key: Callable[[str], str]) -> None:
        """`number_key` gives the same text for two spellings of one line."""
        self._key = number_key
        self._kept: dict[CallId, Callback] = {}
        self._attempts: dict[CallId, CallId] = {}
        self._numbers: dict[str, CallId] = {}
        self._lines: dict[CallId, str] = {}  # the key under which a callback was put: a new site may make others

    def __iter__(self) -> Iterator[Callback]:
        return iter(self._kept.values())

    def get(self, of: CallId) -> Callback | None:
        """The callback that this call asked for."""
        return self._kept.get(of)

    def of_call(self, call: CallId) -> Callback | None:
        """The callback whose attempt this is; an attempt that is over is nobody's."""
        of = self._attempts.get(call)
        return None if of is None else self._kept[of]

    def of_number(self, number: str) -> Callback | None:
        """The callback to this number; a withheld number has none."""
        if not number or not self._numbers:
            return None
        of = self._numbers.get(self._key(number))
        return None if of is None else self._kept[of]

    def keep(self, kept: Callback) -> Callback:
        """A new one. Its number must not have one yet."""
        self._kept[kept.of] = kept
        line = self._lines[kept.of] = self._key(kept.number)
        self._attempts[kept.call] = self._numbers[line] = kept.of
        return kept

    def change(self, kept: Callback, **changes: Any) -> Callback:
        """The same callback with other values (not another number or name)."""
        del self._attempts[kept.call]
        new = self._kept[kept.of] = replace(kept, **changes)
        self._attempts[new.call] = new.of
        return new

    def drop(self, kept: Callback) -> None:
        """It is over."""
        del self._kept[kept.of], self._attempts[kept.call]
        line = self._lines.pop(kept.of)
        if self._numbers.get(line) == kept.of:
            del self._numbers[line]

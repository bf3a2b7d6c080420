"""One action on its way: its bytes, what has come back, and when that is all.

It mends panoramisk's `Action`, which takes QueueAdd's text for the beginning of a list, needs an Async header in an
Originate, and never ends when a list is cancelled. Here a list begins with `EventList: start` and with nothing else,
and ends with `EventList: Complete` (manager.c: astman_send_listack, astman_send_list_complete_start).
It refuses to know what the action means.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from panoramisk.actions import Action

from ..errors import ActionFailed, AmiError
from .wire import Headers, Message, encode

MAX_ROWS = 100_000  # of one list answer; a list without an end must not eat the memory


class NoAnswer(AmiError):  # named like its siblings in errors.py
    """The action went out, but no answer came in time or the link went down first: it may or may not have happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Asterisk's answer to one action; `rows` are the events of a list action, without the closing one."""

    message: Message
    rows: tuple[Message, ...] = ()

    def get(self, key: str, default: str = "") -> str:
        """A header of the response itself."""
        return self.message.get(key, default)


class Pending(Action):  # type: ignore[misc]  # panoramisk has no type information
    """A sent action that waits for its answer in `future`: a Response, ActionFailed or NoAnswer."""

    future: asyncio.Future[Response]

    def __init__(self, name: str, headers: Headers, action_id: str) -> None:
        self.wire = encode(name, headers, action_id)
        super().__init__({"Action": name, "ActionID": action_id})
        self.name = name
        self._response: Message | None = None
        self._rows: list[Message] = []
        self._listing = False
        self._ended = False
        self.refusal: type[AmiError] = ActionFailed

    def __str__(self) -> str:
        return self.wire.decode("utf-8", "surrogateescape")

    def add_message(self, message: Message) -> bool:
        """Take an answer; True when it was the last one. A list may be ended before its beginning has come."""
        if message.name:
            self._add_row(message)
        elif self._response is None:
            self._response = message
            self._listing = message.get("EventList").lower() == "start"
            if message.get("Response").lower() in ("error", "fail", "failure"):
                self.fail(self.refusal(f"{self.name}: {message.get('Message', 'refused without a reason')!r}"))
        if self._response is not None and (self._ended or not self._listing) and not self.future.done():
            self.future.set_result(Response(message=self._response, rows=tuple(self._rows)))
        return self.future.done()

    def fail(self, error: AmiError) -> None:
        """End without an answer; does nothing to one that has ended."""
        if not self.future.done():
            self.future.set_exception(error)
            self.future.exception()  # marked as seen: a caller who went away must not become a warning

    def _add_row(self, message: Message) -> None:
        state = message.get("EventList").lower()
        if state == "cancelled":
            self.fail(ActionFailed(f"{self.name}: Asterisk cancelled the list"))
        elif state == "complete" or (not state and message.name == f"{self.name}Complete"):
            self._ended = True
        elif len(self._rows) >= MAX_ROWS:
            self.fail(ActionFailed(f"{self.name}: more than {MAX_ROWS} rows"))
        else:
            self._rows.append(message)

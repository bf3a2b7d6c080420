"""The engine's journal, as whoever handles an event writes in it: the lines of one event with one write.

It knows two orders. Nothing is sent to Asterisk before what was written until then is in the file, or a call that the
journal does not know could be placed once more. And the verdict of an event leaves in a later step of the session, when
its lines are in the file. A full disk must not stop a call: said in the log, and the call goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ParamSpec

from ..errors import StoreError
from ..journal.engine_log import EngineJournal, Kind, line_of

log = logging.getLogger(__name__)
Send = Callable[[str, Mapping[str, Any]], bool]
P = ParamSpec("P")


def _refusal_said(write: Callable[P, None]) -> Callable[P, None]:
    """What the journal refuses is lost, and said. A decorator: as a `with` it costs an event two thirds more."""

    @wraps(write)
    def saying(*values: P.args, **named: P.kwargs) -> None:
        try:
            write(*values, **named)
        except StoreError as error:
            log.error("%s", error)

    return saying


class Pen:
    """`with pen:` what is written inside goes out at the end of the block, else at once."""

    def __init__(self, journal: EngineJournal) -> None:
        self._journal = journal
        self._held = False
        self._lines: list[bytes] = []
        self._at = datetime.min.replace(tzinfo=UTC)  # of the last one

    def __enter__(self) -> None:
        self._held = True

    def __exit__(self, *_: object) -> None:
        self._held = False
        self._flush()

    @_refusal_said
    def write(self, kind: Kind, at: datetime, **values: Any) -> None:
        """One line, see `EngineJournal.append`."""
        self._lines.append(line_of(kind, at, values))
        self._at = at
        if not self._held:
            self._flush()

    @_refusal_said
    def stand(self, kind: Kind, at: datetime, **values: Any) -> None:
        """A line that holds on, see `EngineJournal.stand`."""
        self._flush()
        self._journal.stand(kind, at, **values)

    def before(self, send: Send) -> Send:
        """`send`, with all that was written in the file first."""

        def sent(action: str, headers: Mapping[str, Any]) -> bool:
            self._flush()
            return send(action, headers)

        return sent

    @_refusal_said
    def _flush(self) -> None:
        if not self._lines:
            return
        lines, self._lines = self._lines, []
        self._journal.put(self._at, b"".join(lines))

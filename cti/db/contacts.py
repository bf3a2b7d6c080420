"""Calls from outside, as who follows whom is judged by: number, begin, outcome, queue, agent. It judges nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ..core.words import Outcome
from .connection import Database
from .streamed import streamed
from .tables import ConversationRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRow:
    """One call of a customer's. `number` "" = withheld; `queue`, `agent` "" = none was reached."""

    call: str
    number: str
    started: datetime
    answered: bool
    queue: str
    agent: str


async def contact_rows(database: Database, since: datetime, until: datetime) -> AsyncIterator[ContactRow]:
    """Calls from outside that began in [since, until), those of one number together, in order; those that nobody let in
    (`blocked`) are no contacts, nor are callbacks, which we made."""
    row = ConversationRow
    columns = (row.id, row.number, row.started, row.outcome, row.queue, row.agent)
    wanted = select(*columns).where(
        row.started >= since,
        row.started < until,
        row.direction == "inbound",
        row.callback_of == "",
        row.outcome != Outcome.BLOCKED.value,
    )
    in_order = wanted.order_by(row.number, row.started, row.id)
    async for call, number, started, outcome, queue, agent in streamed(database, in_order):
        answered = outcome == Outcome.ANSWERED.value
        yield ContactRow(call=call, number=number, started=started, answered=answered, queue=queue, agent=agent)

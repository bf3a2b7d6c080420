"""Calls from outside, as who follows whom is judged by: number, begin, outcome, queue, agent. It judges nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from ..core.words import Outcome
from .connection import Database
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


async def contact_rows(database: Database, since: datetime, until: datetime) -> list[ContactRow]:
    """Calls from outside that began in [since, until), in order; those that nobody let in (`blocked`) are no contacts,
    nor are callbacks, which we made."""
    row = ConversationRow
    columns = (row.id, row.number, row.started, row.outcome, row.queue, row.agent)
    wanted = select(*columns).where(
        row.started >= since,
        row.started < until,
        row.direction == "inbound",
        row.callback_of == "",
        row.outcome != Outcome.BLOCKED.value,
    )
    async with database.reading() as connection:
        found = await connection.execute(wanted.order_by(row.started, row.id))
        return [
            ContactRow(
                call=call,
                number=number,
                started=started,
                answered=outcome == Outcome.ANSWERED.value,
                queue=queue,
                agent=agent,
            )
            for call, number, started, outcome, queue, agent in found
        ]

"""What callers answered after the talk, as facts again. It knows the table `surveys` and no report."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ..core.metrics.facts import SurveyAnswer
from .connection import Database
from .counting import Span
from .fact_tables import SurveyRow


async def answers(database: Database, span: Span) -> list[SurveyAnswer]:
    """Everything that was asked in the period, in order; a question belongs to the instant of its end."""
    table = SurveyRow
    wanted: Any = select(table.__table__).where(table.at >= span.since, table.at < span.until)
    if span.queues:
        wanted = wanted.where(table.queue.in_(span.queues))
    if span.agents:
        wanted = wanted.where(table.agent.in_(span.agents))
    async with database.reading() as connection:
        found = await connection.execute(wanted.order_by(table.at, table.call, table.position))
        return [SurveyAnswer(**row) for row in found.mappings()]

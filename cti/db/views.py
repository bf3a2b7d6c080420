"""Read-only views for reporting jobs, on both databases with the same names, columns and values.

It knows their columns and their SQL, and keeps a database's views equal to the code: no migration makes one. They are
dropped before any migration (a table that a view reads cannot be changed) and made when the newest form is reached.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Integer, String, Text, text
from sqlalchemy.types import TypeEngine

from .tables import UtcInstant

_TEXT, _INSTANT, _NUMBER, _YES_NO, _BIG = Text(), UtcInstant(), Integer(), Boolean(), BigInteger()
_OPEN = frozenset({"ended", "duration_ms"})  # NULL while a stretch goes on
Length = Callable[[str, str], str]  # (begin, end) -> SQL of the whole milliseconds between them


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view: its columns in order, those that may be NULL, and its SELECT for a database with this `Length`."""

    columns: Mapping[str, TypeEngine[Any]]
    select: Callable[[Length], str]
    nullable: frozenset[str] = frozenset()


def _agent_states(length: Length) -> str:
    # Not LEAD() over all rows of the agent: a job that asks for one day would read all years.
    ended = (
        "(SELECT n.at FROM presences n WHERE n.agent = p.agent AND n.at >= p.at "
        'AND (n.at, n.file_id, n."offset") > (p.at, p.file_id, p."offset") '
        'ORDER BY n.at, n.file_id, n."offset" LIMIT 1)'
    )
    return (
        f"SELECT agent, presence, reason, started, ended, {length('started', 'ended')} AS duration_ms, "  # noqa: S608
        "payable, billable FROM (SELECT p.agent, p.presence, p.reason, p.at AS started, "
        f"{ended} AS ended, p.payable, p.billable FROM presences p) stretch"
    )


def _conversation_segments(length: Length) -> str:
    return (
        "SELECT s.call, s.position, s.kind, s.started, s.ended, "  # noqa: S608
        f"{length('s.started', 's.ended')} AS duration_ms, s.agent, s.queue, s.target, s.outcome, s.detail, "
        "c.started AS conversation_started, c.outcome AS conversation_outcome, c.direction, c.number, c.did, "
        "c.customer FROM segments s JOIN conversations c ON c.id = s.call"
    )


VIEWS: dict[str, View] = {
    "agent_states": View(
        columns={
            "agent": _TEXT,
            "presence": _TEXT,
            "reason": _TEXT,
            "started": _INSTANT,
            "ended": _INSTANT,
            "duration_ms": _BIG,
            "payable": _YES_NO,
            "billable": _YES_NO,
        },
        select=_agent_states,
        nullable=_OPEN,
    ),
    "agent_names": View(
        columns={"agent": String(20), "name": _TEXT, "language": _TEXT},
        select=lambda _: "SELECT number AS agent, name, language FROM agents",
    ),
    "conversation_segments": View(
        columns={
            "call": _TEXT,
            "position": _NUMBER,
            "kind": _TEXT,
            "started": _INSTANT,
            "ended": _INSTANT,
            "duration_ms": _BIG,
            "agent": _TEXT,
            "queue": _TEXT,
            "target": _TEXT,
            "outcome": _TEXT,
            "detail": _TEXT,
            "conversation_started": _INSTANT,
            "conversation_outcome": _TEXT,
            "direction": _TEXT,
            "number": _TEXT,
            "did": _TEXT,
            "customer": _TEXT,
        },
        select=_conversation_segments,
        nullable=_OPEN,
    ),
}


def drop_views(connection: Connection) -> None:
    """Away with them, whatever they are like."""
    for name in VIEWS:
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def make_views(connection: Connection) -> bool:
    """Make those that are missing or differ from the code; whether there were any."""
    there = connection.execute(text(_THERE[connection.dialect.name])).all()
    wanted = {name: _sql(connection, name) for name in VIEWS}
    differing = wanted.items() - {(name, said) for name, said in there}
    for name, sql in differing:
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))
        connection.execute(text(f"CREATE VIEW {name} AS {sql}"))
        if connection.dialect.name == "postgresql":  # it keeps no text of a view; the comment is how we know ours
            quoted = sql.replace("'", "''")
            connection.execute(text(f"COMMENT ON VIEW {name} IS '{quoted}'"))
    return bool(differing)


_THERE = {
    "sqlite": "SELECT name, substr(sql, length('CREATE VIEW  AS ') + length(name) + 1) FROM sqlite_master "
    "WHERE type = 'view'",
    "postgresql": "SELECT relname, obj_description(oid) FROM pg_class "
    "WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace",
}


def _sql(connection: Connection, name: str) -> str:
    return VIEWS[name].select(_LENGTHS[connection.dialect.name])


def _sqlite_length(begin: str, end: str) -> str:
    def micros(at: str) -> str:
        return f"(CAST(strftime('%s', {at}) AS INTEGER) * 1000000 + CAST(substr({at}, 21, 6) AS INTEGER))"

    return f"(({micros(end)} - {micros(begin)}) / 1000)"


_LENGTHS: dict[str, Length] = {
    "sqlite": _sqlite_length,
    "postgresql": lambda begin, end: f"CAST(floor(extract(epoch FROM {end} - {begin}) * 1000) AS BIGINT)",
}

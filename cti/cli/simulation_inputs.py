"""What `cti simulate` simulates: callers from rows or from rates, and the scenarios "as it is" and "changed".

It knows files, rows and chance; it decides nothing about calls.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..config import load_config
from ..core.arrivals import Demand, Recorded, generate, miss_chance_of, patience_of, replay
from ..core.changes import with_levels, with_more, without
from ..core.measures import QueueMeasures, measure_queues
from ..core.recorded import Noted, run_of, shifts_of
from ..core.scenario import Arrival, Attendance, Run, Scenario, Shift
from ..core.simulate import EPOCH
from ..core.words import AgentCard, AgentId, QueueName
from ..db.agent_csv import parse_agents
from ..db.people import People
from ..db.recorded import recorded_callers, recorded_presences
from ..db.store import Store
from ..errors import UsageError
from ..reporting.staffing import Chances
from ..site.load import load_site
from ..site.model import Site
from ..site.rules import onward_of, priorities_of, rules_of
from .rows import instant, with_store, zone

MOST_CALLS = 200_000
_CLOCK = re.compile(r"([0-9]{1,4}):([0-5][0-9])(?::([0-5][0-9]))?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options as they were given."""

    home: Path
    since: str
    until: str
    calls: int
    rate: float
    shares: Sequence[str]
    talk: float
    patience: float
    answer: float
    missed: float | None
    shifts: Path | None
    seeds: int
    seed: int
    within: float
    warm_up: float
    site: Path | None
    agents_csv: Path | None
    levels: Sequence[str]
    without: Sequence[str]
    added: Sequence[str]

    @property
    def changes(self) -> bool:
        """Whether anything else than "as it is" is asked for."""
        return bool(self.site or self.agents_csv or self.levels or self.without or self.added)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callers:
    """The callers of every seed. `recorded` and `notes` are what really happened, empty when callers are generated."""

    seeds: Sequence[Sequence[Arrival]]
    patience: Mapping[QueueName, float]
    begin: datetime = EPOCH
    recorded: Sequence[Recorded] = ()
    notes: Sequence[Noted] = ()
    end: float = math.inf
    cards: Sequence[AgentCard] = ()


def callers_of(asked: Asked) -> Callers:
    """Recorded ones where an instant is given, else generated ones. Raises UsageError, StoreError, SiteError."""
    if asked.since:
        return _recorded(asked)
    if asked.until:
        raise UsageError("--to needs --from")
    cards = with_store(asked.home, _cards)
    shares = _shares(asked, load_site(load_config(asked.home).site_file))
    patience = asked.patience or math.inf
    demand = Demand(
        calls=asked.calls,
        rate=asked.rate / 3600,
        shares=shares,
        talk_seconds=asked.talk,
        patience_seconds=patience,
        answer_seconds=asked.answer,
    )
    seeds = [generate(demand, Chances(asked.seed + number)) for number in range(asked.seeds)]
    return Callers(seeds=seeds, patience=dict.fromkeys(shares, patience), cards=cards)


async def _cards(store: Store) -> list[AgentCard]:
    return [agent.card() for agent in await People(store.database).agents()]


def _recorded(asked: Asked) -> Callers:
    where = zone(asked.home, "")
    since = instant(asked.since, where)
    until = instant(asked.until, where) if asked.until else None
    if since is None:
        raise UsageError("--from needs an instant, such as 2026-11-20")
    until = until or since + timedelta(days=1)
    if until <= since:
        raise UsageError("--to must be after --from")
    if since < (now := _now()):
        until = min(until, now)  # who is at work now is not known to stay

    async def read(store: Store) -> tuple[list[Recorded], list[Noted], list[AgentCard]]:
        callers = await recorded_callers(store.database, since, until)
        return callers, await recorded_presences(store.database, since, until), await _cards(store)

    callers, notes, cards = with_store(asked.home, read)
    if not callers:
        raise UsageError(f"nobody waited in a queue between {since:%Y-%m-%d %H:%M} and {until:%Y-%m-%d %H:%M} UTC")
    if len(callers) > MOST_CALLS:
        raise UsageError(f"{len(callers)} callers are too many at once; simulate fewer days")
    seeds = [replay(callers, Chances(asked.seed + number)) for number in range(asked.seeds)]
    end = (until - since).total_seconds()
    patience = patience_of(callers)
    return Callers(seeds=seeds, patience=patience, begin=since, recorded=callers, notes=notes, end=end, cards=cards)


def _now() -> datetime:
    return datetime.now(UTC)


def _shares(asked: Asked, site: Site) -> dict[QueueName, float]:
    found: dict[QueueName, float] = {}
    for text in asked.shares or list(site.queues):
        name, equals, share = text.partition("=")
        if name not in site.queues:
            raise UsageError(f"there is no queue {name[:40]!r}; known: {', '.join(site.queues)}")
        try:
            found[QueueName(name)] = float(share) if equals else 1.0
        except ValueError:
            raise UsageError(f"write NAME=SHARE, such as sales=3; got {text[:60]!r}") from None
        if not 0 < found[QueueName(name)] < 1e9:
            raise UsageError(f"the share of {name} must be more than 0")
    if not found:
        raise UsageError("site.yaml has no queue to call")
    return found


# --- rosters -----------------------------------------------------------------------------------------


def scenarios_of(asked: Asked, callers: Callers) -> dict[str, Scenario]:
    """ "as it is", and "changed" where a change is asked for. Raises UsageError, SiteError."""
    site = load_site(load_config(asked.home).site_file)
    _know(callers, site)
    shifts = shifts_of(callers.notes, callers.end, [card.agent for card in callers.cards])
    if asked.shifts:
        shifts = read_shifts(asked.shifts)
    found = {"as it is": _scenario(asked, callers, site, callers.cards, shifts)}
    if asked.changes:
        changed = load_site(asked.site) if asked.site else site
        _know(callers, changed)
        found["changed"] = _scenario(asked, callers, changed, _changed(asked, callers.cards), shifts)
    return found


def _scenario(
    asked: Asked, callers: Callers, site: Site, cards: Sequence[AgentCard], shifts: Sequence[Shift]
) -> Scenario:
    return Scenario(
        queues=rules_of(site),
        agents=cards,
        shifts=shifts,
        priorities=priorities_of(site),
        onward=onward_of(site),
        miss_chance=_miss_chance(asked, callers),
    )


def _miss_chance(asked: Asked, callers: Callers) -> float:
    """As asked for, else as recorded, else nobody misses a call."""
    return miss_chance_of(callers.recorded) if asked.missed is None else asked.missed / 100


def _changed(asked: Asked, cards: Sequence[AgentCard]) -> list[AgentCard]:
    if asked.agents_csv is not None:
        try:
            text = asked.agents_csv.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{asked.agents_csv.name} cannot be read as UTF-8 text") from error
        cards = [agent.card() for agent in parse_agents(text, asked.agents_csv.name)]
    return with_more(without(with_levels(cards, asked.levels), asked.without), asked.added)


def _know(callers: Callers, site: Site) -> None:
    called = {arrival.queue for arrival in callers.seeds[0]} if callers.seeds else set()
    if unknown := sorted(called - set(site.queues)):
        raise UsageError(f"callers waited in queue {unknown[0]!r}, which this site.yaml does not have")


def read_shifts(file: Path) -> list[Shift]:
    """CSV `agent,from,to,reason`, times as HH:MM from the beginning. Raises UsageError with the line."""
    try:
        rows = list(csv.reader(file.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{file.name} cannot be read as CSV: {error}") from error
    if not rows or [cell.strip() for cell in rows[0]][:3] != ["agent", "from", "to"]:
        raise UsageError(f"{file.name}:1: the columns are agent,from,to and maybe reason")
    return [_shift(row, f"{file.name}:{line}") for line, row in enumerate(rows[1:], start=2) if any(row)]


def _shift(row: Sequence[str], where: str) -> Shift:
    cells = [cell.strip() for cell in row]
    times = [_CLOCK.fullmatch(cell) for cell in cells[1:3]]
    if len(cells) not in (3, 4) or not cells[0] or None in times:
        raise UsageError(f"{where}: write AGENT,HH:MM,HH:MM[,REASON]")
    start, end = (int(t[1]) * 3600 + int(t[2]) * 60 + int(t[3] or 0) for t in times if t)
    if end <= start:
        raise UsageError(f"{where}: it ends before it begins; midnight is 24:00")
    return Shift(agent=AgentId(cells[0]), start=float(start), end=float(end), reason=cells[3] if cells[3:] else "")


def really(callers: Callers, scenario: Scenario, asked: Asked) -> dict[QueueName, QueueMeasures]:
    """What was recorded, measured like a simulated run; {} when callers were generated."""
    if not callers.recorded:
        return {}
    run = run_of(callers.recorded, callers.notes, callers.end)
    everybody = {card.agent: run.agents.get(card.agent, Attendance()) for card in scenario.agents}
    known = Run(visits=run.visits, agents=everybody, seconds=run.seconds)
    return measure_queues(known, scenario, within_seconds=asked.within, warm_up_seconds=asked.warm_up)

"""Houses and calls by Hypothesis: small sites of every kind of place, and callers who press anything.

A house is one independent part of a site: its own numbers, schedules, menus, an input, queues, a mailbox and a number
outside, all named after it. Many houses make one site, so that one Asterisk serves them all. It knows what a site may
say, what may be pressed at each question and what takes too long for a test; it refuses to know where a call ends.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from cti.core.flow import Place
from cti.core.flow_faults import faults_of
from cti.core.schedule import State
from cti.core.schedule_override import Kind, Override
from cti.core.walk import SILENCE, Caller, Staff, Walk, walk
from cti.site.flow import flow_of
from cti.site.load import load_site
from cti.site.model import Site

SEED = int(os.environ.get("CTI_WALK_SEED", "20261122"))  # another one looks at other houses and calls
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York")
KEYS = "0123456789*#"
PROMPTS = ("ask", "wrong", "quiet", "hello", "merry", "other", "greeting", "enter", "nobody")
FIRST_DAY = datetime(2026, 10, 20, tzinfo=ZoneInfo("UTC"))  # the clocks of two of the zones are set back in these weeks
AGENT = "1001"
Section = dict[str, Any]


@dataclass(frozen=True)
class House:
    """Sections of site.yaml, and the schedules that a supervisor has overridden: open, closed, closed(reason)."""

    name: str
    sections: dict[str, Section]
    overrides: dict[str, str]


@dataclass(frozen=True)
class Pair:
    """One call of one house."""

    house: House
    at: datetime
    caller: Caller


# --- houses ------------------------------------------------------------------------------------------


@st.composite
def houses(draw: st.DrawFn) -> House:
    name = "h0"
    menus = [f"{name}_m{number}" for number in range(draw(st.integers(1, 3)))]
    queues = [f"{name}_q{number}" for number in range(draw(st.integers(1, 2)))]
    schedules = [f"{name}_s{number}" for number in range(draw(st.integers(1, 2)))]
    ends = [f"voicemail:{name}_box", f"external:{name}_out", "hangup"]
    entry = f"{name}_in"
    places = [*(f"menu:{menu}" for menu in menus), f"input:{entry}", *(f"queue:{queue}" for queue in queues), *ends]
    anywhere = st.sampled_from(places)

    def later(place: str) -> st.SearchStrategy[str]:
        """Where silence and closed doors lead: onwards, as `cti dialplan check` refuses rounds."""
        return st.sampled_from(places[places.index(place) + 1 :])

    later_than_all = st.sampled_from(ends)
    sections = {
        "schedules": {schedule: draw(_hours(later_than_all)) for schedule in schedules},
        "numbers": {
            f"{number}4000": draw(_numbers(anywhere, schedules, places[0])) for number in range(draw(st.integers(1, 2)))
        },
        "menus": {menu: draw(_menus(anywhere, later(f"menu:{menu}"))) for menu in menus},
        "inputs": {entry: draw(_inputs(anywhere, later(f"input:{entry}")))},
        "queues": {queue: draw(_queues(anywhere, later(f"queue:{queue}"), schedules)) for queue in queues},
        "voicemail": {
            f"{name}_box": draw(st.fixed_dictionaries({"pin": st.just("4711")}, optional={"greeting": _GREETING}))
        },
        "externals": {f"{name}_out": {"number": "+8613812345678"}},
    }
    forced = draw(st.sampled_from(["", "", "", "open", "closed", "closed(festive)"]))
    return House(name, sections, {schedules[0]: forced} if forced else {})


_GREETING = st.just("greeting")


def _hours(to: st.SearchStrategy[str]) -> st.SearchStrategy[Section]:
    week = st.sampled_from([{"mon-fri": ["08:00-18:00"]}, {"mon-sun": ["22:00-06:00"]}, {"sat,sun": ["00:00-24:00"]}])
    dates = st.dictionaries(
        st.dates(FIRST_DAY.date(), FIRST_DAY.date() + timedelta(days=20)).map(str),
        st.sampled_from(
            ["closed", ["10:00-12:00"], {"reason": "festive"}, {"open": ["09:00-10:00"], "reason": "festive"}]
        ),
        max_size=6,
    )
    reason = st.fixed_dictionaries({}, optional={"prompt": st.just("merry"), "to": to})
    return st.fixed_dictionaries(
        {
            "timezone": st.sampled_from(ZONES),
            "open": week,
            "dates": dates,
            "reasons": st.fixed_dictionaries({"festive": reason}),
        }
    )


@st.composite
def _numbers(draw: st.DrawFn, to: st.SearchStrategy[str], schedules: list[str], usual: str) -> Section:
    number: Section = {"to": draw(st.one_of(st.just(usual), to))}
    if draw(st.booleans()):
        number |= {"schedule": draw(st.sampled_from(schedules)), "closed": draw(to)}
    return number | draw(st.fixed_dictionaries({}, optional={"language": st.sampled_from(["en", "zh"])}))


def _menus(to: st.SearchStrategy[str], later: st.SearchStrategy[str]) -> st.SearchStrategy[Section]:
    way = st.one_of(to, to, st.just("back"))
    choice = st.one_of(way, st.fixed_dictionaries({"to": way, "language": st.sampled_from(["en", "zh"])}))
    tries = st.fixed_dictionaries(
        {"retries": st.integers(0, 1)}, optional={"to": later, "prompt": st.sampled_from(["wrong", "quiet"])}
    )
    return st.fixed_dictionaries(
        {
            "prompt": st.sampled_from(["ask", "other"]),
            "keys": st.dictionaries(st.sampled_from(KEYS), choice, min_size=1, max_size=5),
            "otherwise": later,
            "timeout_seconds": st.just(4),
            "invalid": tries,
            "timeout": tries,
        }
    )


@st.composite
def _inputs(draw: st.DrawFn, to: st.SearchStrategy[str], later: st.SearchStrategy[str]) -> Section:
    tries = st.fixed_dictionaries(
        {"retries": st.integers(0, 1)}, optional={"to": later, "prompt": st.sampled_from(["wrong", "quiet"])}
    )
    entry: Section = {"prompt": "enter", "min": 2, "max": 3, "first_seconds": 4, "digit_seconds": 2}
    entry |= {"otherwise": draw(later), "invalid": draw(tries), "timeout": draw(tries)}
    entry |= {"terminator": draw(st.sampled_from(["#", "*", "none"])), "masked": draw(st.booleans())}
    if draw(st.booleans()):
        return entry | {"to": draw(to)}
    unknown = st.one_of(later, st.fixed_dictionaries({"retries": st.integers(0, 1), "prompt": st.just("nobody")}))
    return entry | {"lookup": True, "found": draw(to), "not_found": draw(unknown), "error": draw(later)}


@st.composite
def _queues(
    draw: st.DrawFn, to: st.SearchStrategy[str], later: st.SearchStrategy[str], schedules: list[str]
) -> Section:
    queue: Section = {"overflow": draw(later), "max_wait_seconds": draw(st.sampled_from([0, 3, 3, 3]))}
    if draw(st.booleans()):
        queue |= {"schedule": draw(st.sampled_from(schedules)), "closed": draw(later)}
    if draw(st.booleans()):
        queue["exit_key"] = {"key": draw(st.sampled_from("*#0")), "to": draw(to)}
    return queue | draw(st.fixed_dictionaries({}, optional={"greeting": st.just("hello")}))


# --- calls -------------------------------------------------------------------------------------------


def calls(site: Site, house: House, dice: random.Random, engine: bool) -> Iterator[Pair]:
    """Calls of this house without end. What is pressed depends on what is asked, so each is walked as it grows."""
    while True:
        at = FIRST_DAY + timedelta(minutes=dice.randrange(20 * 24 * 60))
        caller = Caller(
            did=dice.choice(sorted(house.sections["numbers"])),
            engine=engine,
            usually=dice.choice([*[Staff.BUSY] * 5, Staff.FREE]),  # each agent is a member of every queue
            lookups={f"{house.name}_in": "not_found"},  # nobody is in the customers' table
        )
        for _ in range(dice.randrange(5)):
            asked = _asked(on_paper(site, Pair(house, at, replace(caller, hangs_up=True))))
            if asked is None:
                break
            caller = replace(caller, digits=(*caller.digits, _pressed(asked, house, dice)))
        yield Pair(house, at, replace(caller, hangs_up=dice.random() < 0.25))


def _asked(told: Walk) -> Place | None:
    """Where a caller with nothing left to press was asked or waits; None: nowhere."""
    waits = Place(*told.walked.destination.split(":")) if told.walked.outcome == "abandoned" else None
    left = told.steps[-1].why.partition("hangs up in ")[2]
    return Place(*left.split(":")) if left else waits


def _pressed(asked: Place, house: House, dice: random.Random) -> str:
    """Mostly something that leads on; no more keys than the question takes, or the next one would get them."""
    if asked.kind == "queue":
        queue = house.sections["queues"][asked.name]
        return dice.choice([queue.get("exit_key", {}).get("key", "5"), "7"])
    if asked.kind == "menu":
        keys = list(house.sections["menus"][asked.name]["keys"])
        return dice.choice([*keys * 4, *KEYS, *[SILENCE] * 4])
    end = {"none": ""}.get(terminator := house.sections["inputs"][asked.name]["terminator"], terminator)
    some = "".join(dice.choices("0123456789", k=3))
    return dice.choice([some, some[:2] + end, some[:2], some + end, some[:1], some + "5", some[:2] + "#", "*", SILENCE])


def site_text(found: Iterable[House]) -> str:
    """One site of all these houses. Its prompts are a recording of 0.2 seconds, `tone.wav`."""
    site: dict[str, Any] = {
        "site": {"name": "Generated", "timezone": "Asia/Shanghai", "country": "CN", "languages": ["en", "zh"]},
        "trunks": {"itsp": {"host": "127.0.0.2:5080", "match": ["127.0.0.2"]}},
        "outbound": {"trunk": "itsp", "caller_id": "4008001234"},
        "fallback": {"seconds": 5},
        "prompts": {name: {"file": "tone.wav"} for name in (*PROMPTS, "menu_goodbye")},
    }
    for house in found:
        for section, values in house.sections.items():
            site.setdefault(section, {}).update(values)
    return json.dumps(site, indent=1)  # JSON is YAML, and never has anchors


def on_paper(site: Site, pair: Pair) -> Walk:
    """Where the walk leads this call."""

    def hours(schedule: str) -> State:
        state, _, reason = pair.house.overrides.get(schedule, "").rstrip(")").partition("(")
        forced = Override(open=state == "open", kind=Kind.UNDONE, reason=reason) if state else None
        return site.schedules[schedule].state_at(pair.at, forced)

    return walk(flow_of(site), pair.caller, hours)


class _EnoughError(Exception):
    """Raised to stop Hypothesis."""


def generate(folder: Path, count: int, each: int = 4) -> list[Pair]:
    """`count` pairs, `each` of them of one house, none of which takes long. `folder` is where houses are looked at."""
    found: list[Pair] = []
    (folder / "tone.wav").touch()

    @seed(SEED)
    @settings(
        max_examples=10 * count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data())
    def look(data: st.DataObject) -> None:
        house, drawn = data.draw(houses()), data.draw(st.integers(0, 2**64))
        dice = random.Random(f"{drawn} {len(found)}")  # Hypothesis draws the same calls for many houses in a row
        if len(found) >= count:
            raise _EnoughError
        (folder / "site.yaml").write_text(site_text([house]), encoding="utf-8")
        site = load_site(folder / "site.yaml")
        if any(fault.error for fault in faults_of(flow_of(site))):
            return
        quick = [pair for engine in (True, False) for pair in _quick(site, house, dice, engine, each // 2)]
        found.extend(_renamed(quick, len(found) // each) if len(quick) == each else ())

    with suppress(_EnoughError):
        look()
    return found[:count]


def _renamed(pairs: list[Pair], number: int) -> list[Pair]:
    """The same, under a name that no other house has."""
    text = json.dumps(pairs[0].house.sections).replace("h0_", f"h{number}_").replace("4000", str(4000 + number))
    overrides = {name.replace("h0_", f"h{number}_"): value for name, value in pairs[0].house.overrides.items()}
    house = House(f"h{number}", json.loads(text), overrides)
    callers = [
        replace(
            pair.caller,
            did=pair.caller.did.replace("4000", str(4000 + number)),
            lookups={name.replace("h0_", f"h{number}_"): became for name, became in pair.caller.lookups.items()},
        )
        for pair in pairs
    ]
    return [replace(pair, house=house, caller=caller) for pair, caller in zip(pairs, callers, strict=True)]


def _quick(site: Site, house: House, dice: random.Random, engine: bool, count: int) -> list[Pair]:
    """That many calls of which no two go the same way, or fewer."""
    tried = ((on_paper(site, pair), pair) for pair in islice(calls(site, house, dice, engine), 8 * count))
    ways = {told.walked: pair for told, pair in tried if _is_quick(told, pair)}
    return list(ways.values())[:count]


def _is_quick(told: Walk, pair: Pair) -> bool:
    """Not many silences and waits, and nothing that time alone decides: a key that a free agent's answer might
    overtake, a hangup after a key in a queue that may have let the caller go by then."""
    path, free = told.walked.path, pair.caller.usually is Staff.FREE
    silences = sum(item.endswith("=timeout") for item in path)
    waits = sum(item.startswith("queue:") for item in path)
    keys = len(pair.caller.digits) - sum(item.startswith(("menu:", "input:")) for item in path)  # pressed while waiting
    return (
        not told.endless
        and silences <= 2
        and waits <= (2 if free else 1)
        and not (waits and free and told.unused)
        and keys <= (0 if pair.caller.hangs_up and waits else 1)
    )

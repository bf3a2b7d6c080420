"""`cti dialplan walk`: where a call would go, without a phone. It knows how a person reads a path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click

from ..config import load_config
from ..core.schedule import State
from ..core.schedule_override import Kind, Override
from ..core.walk import SILENCE, Caller, Staff, Step, Walk
from ..core.walk import walk as walk_through
from ..errors import UsageError
from ..site.flow import flow_of
from ..site.load import load_site
from ..site.model import Site
from .phone_cards import phones_of
from .rows import as_json, instant, print_json, seen

_DIGITS = re.compile(r"[0-9A-D*#]+|-|")
_STATE = re.compile(r"(open|closed)(?:\(([a-z][a-z0-9_-]*)\))?")
_T = TypeVar("_T")


@click.command()
@click.option("--did", required=True, help="The number that is called.")
@click.option("--at", default="", metavar="INSTANT", help="When, in the site's time zone; default: now.")
@click.option("--digits", default="", help="What the caller presses, one for each question: 1,-,2 (- is silence).")
@click.option("--hang-up", is_flag=True, help="The caller hangs up after the last digit; else they are silent.")
@click.option("--engine", type=click.Choice(["up", "down"]), default="up", help="Whether our engine runs.")
@click.option(
    "--agents",
    type=click.Choice(["free", "busy"]),
    default="free",
    help="Whether somebody answers in the queues.",
)
@click.option(
    "--queue",
    "queues",
    multiple=True,
    metavar="NAME=STATE",
    help="Another state of one queue: free, busy, full, overflow, closed.",
)
@click.option(
    "--schedule",
    "schedules",
    multiple=True,
    metavar="NAME=STATE",
    help="A schedule overridden: open, closed, closed(reason).",
)
@as_json
@click.pass_obj
def walk(
    home: Path,
    did: str,
    at: str,
    digits: str,
    hang_up: bool,
    engine: str,
    agents: str,
    queues: tuple[str, ...],
    schedules: tuple[str, ...],
    as_json: bool,
) -> None:
    """Lead a call through the site on paper: prompts, open or closed and why, where it ends."""
    site = load_site(home / "site.yaml")
    when = instant(at, ZoneInfo(site.site.timezone)) or datetime.now(UTC)
    forced = _pairs("schedule", schedules, site.schedules, _override)
    for name, override in forced.items():
        _refuse_reason(override.reason, site.schedules[name].reasons)
    caller = Caller(
        did=did,
        digits=read_digits(digits),
        hangs_up=hang_up,
        engine=engine == "up",
        staff=_pairs("queue", queues, site.queues, Staff),
        usually=Staff(agents),
        agents=_agents(home),
    )
    found = walk_through(flow_of(site), caller, hours_of(site, when, forced))
    if as_json:
        print_json(_plain(found, when, site))
    else:
        click.echo("\n".join(_lines(found, when, site)))


def _agents(home: Path) -> dict[str, bool]:
    """Who may be dialled in a menu, and whether they have a mailbox; nobody where there is no instance yet."""
    if not (home / "cti.toml").exists():
        return {}
    return {str(phone.agent): bool(phone.mailbox_pin) for phone in phones_of(load_config(home))}


def read_digits(text: str) -> tuple[str, ...]:
    """`1,-,2` -> ("1", SILENCE, "2"). Raises UsageError."""
    items = [item.strip() for item in text.split(",")] if text.strip() else []
    if wrong := next((item for item in items if not _DIGITS.fullmatch(item)), None):
        raise UsageError(f"--digits: {seen(wrong[:40])!r} is not on a telephone; write 1,-,2 (- is silence)")
    return tuple(SILENCE if item == "-" else item for item in items)


def hours_of(site: Site, at: datetime, forced: Mapping[str, Override]) -> Callable[[str], State]:
    """What each schedule says at `at` (aware), unless it is `forced`."""

    def hours(name: str) -> State:
        return site.schedules[name].state_at(at, forced.get(name))

    return hours


def _pairs(what: str, given: Iterable[str], known: Iterable[str], read: Callable[[str], _T]) -> dict[str, _T]:
    found = {}
    for text in given:
        name, _, value = text.partition("=")
        if name not in known:
            raise UsageError(f"--{what}: no {what} {seen(name[:40])!r}; there are: {', '.join(known) or 'none'}")
        try:
            found[name] = read(value)
        except ValueError as error:
            raise UsageError(f"--{what} {name}: {seen(value[:40])!r} is no state of a {what}; see --help") from error
    return found


def _override(text: str) -> Override:
    match = _STATE.fullmatch(text)
    if match is None or (match[1] == "open" and match[2]):
        raise ValueError(text)
    return Override(open=match[1] == "open", kind=Kind.UNDONE, reason=match[2] or "")


def _refuse_reason(reason: str, known: Iterable[str]) -> None:
    if reason and reason not in known:
        raise UsageError(f"--schedule: no reason {reason!r}; there are: {', '.join(known) or 'none'}")


def _plain(found: Walk, at: datetime, site: Site) -> dict[str, object]:
    walked = found.walked
    return {
        "at": at.astimezone(ZoneInfo(site.site.timezone)),
        "path": walked.path,
        "prompts": walked.prompts,
        "destination": walked.destination,
        "outcome": walked.outcome,
        "endless": found.endless,
        "unused_digits": found.unused,
    }


def _lines(found: Walk, at: datetime, site: Site) -> Iterable[str]:
    zone = ZoneInfo(site.site.timezone)
    yield f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S} {zone}"
    for step in found.steps:
        said = [f"    ♪ {prompt}: {_words(site, prompt, step.language)}" for prompt in step.says]
        asks = step.item.partition(":")[0] in ("menu", "input")  # the answer comes after the question
        yield from [*said, *_line(step)] if asks else [*_line(step), *said]
    if found.unused:
        yield f"never asked for: {', '.join(key or '-' for key in found.unused)}"
    yield f"→ {found.walked.destination}, {found.walked.outcome}"


def _line(step: Step) -> Iterable[str]:
    if step.item:
        yield f"{step.item}  ({step.why})" if step.why else step.item
    elif step.why:
        yield f"    {step.why}"


def _words(site: Site, name: str, language: str) -> str:
    """What the caller hears, in the language that they have chosen."""
    prompt = site.prompts[name]
    spoken = prompt.spoken[prompt.language_for(language, site.site.languages)]
    return spoken.text or f"[{spoken.file.name if spoken.file else ''}]"

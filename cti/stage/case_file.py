"""Files of call tests: YAML to cases, or every mistake at once with its line, as site.yaml is read.

It knows what an admin writes in such a file and which names the site has; it refuses to know how a case is played.

    agents:                              # optional: who may be logged in, with their skills
      "1001": {sales: 90}
    calls:
      - name: a holiday by day           # optional, as everything but `did`
        did: "4008001234"
        from: "13900001111"              # default: a number of its own
        at: 2026-10-01 10:00             # the site's time zone, or with an offset; default: now
        digits: "9,-,1"                  # one item for each question; - is silence, w half a second's pause
        engine: down                     # up (default) | down: our engine is dead, Asterisk serves alone
        agents: {1001: answers}          # who is logged in, and does what: answers, declines, silent (lets it ring);
                                         # or nobody (default), everybody (all of `agents`, and they answer)
        schedules: {office: closed(holiday)}   # overridden: open, closed, closed(REASON)
        hang_up: true                    # at the next question or wait once the digits are used; or so many seconds
                                         # after the call began. Default: stays until the destination is sure
        alone: true                      # no other case at the same time (max_length, max_ratio, positions)
        within_seconds: 60               # how long the call may take (1-900)
        expect:                          # whatever is left out may be anything
          path: ["did:4008001234", "schedule:office=closed(holiday)", "menu:night=2", "voicemail:service"]
          prompts: [holiday_closed, night_menu]
          destination: voicemail:service # with survey:X (or survey:X=4 in the path) the agent hangs up, and the
                                         # digits that are left answer the questions
          outcome: voicemail             # answered, abandoned, waiting, voicemail, external, direct, hangup, …
          agent: "1001"                  # who answered
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from ..errors import SiteError
from ..site.fields import DID, Context, Fields, items, scalar
from ..site.model import Site
from ..site.reading import MAX_BYTES, Mistakes, entries, kind_of, line_of, nearest, read_yaml, shown
from .call_case import SILENCE, WITHIN_SECONDS, Case, Doing, Expected, Staff
from .trail import WAITING

_ENDS = ("answered", "abandoned", WAITING, "callback_requested", "voicemail", "external", "direct", "hangup")
OUTCOMES = (*_ENDS, "timeout", "full", "overflow", "closed", "exit_key")  # the latter with `hangup`: why
DIGITS = re.compile(r"[0-9A-D*#w]+|-")
FORCED = re.compile(r"(open|closed)(?:\(([a-z][a-z0-9_-]{0,39})\))?")
_AGENT = re.compile(r"[0-9]{2,10}")
_PLACES = {"queue": "queues", "survey": "surveys", "voicemail": "voicemail", "external": "externals"}
_MOST_CASES = 1000


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One file's cases, in its order, and the agents that it describes."""

    cases: tuple[Case, ...]
    staff: Staff


def read_case_file(path: Path, site: Site, staff: Staff | None = None) -> CaseFile:
    """`staff` are agents known from elsewhere; the file's own win. Raises SiteError with every mistake."""
    mistakes = Mistakes(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SiteError([f"{path}:1: {error.strerror}"]) from error
    root = read_yaml(data, mistakes)
    found = None if mistakes.found else _Reader(path, site, mistakes).read(root, staff or {})
    if found is None or mistakes.found:
        raise SiteError(mistakes.lines())
    return found


class _Reader:
    """Reads one file against one site."""

    def __init__(self, path: Path, site: Site, mistakes: Mistakes) -> None:
        self._file, self._site = str(path), site
        self._zone = ZoneInfo(site.site.timezone)
        self._ctx = Context(mistakes, path.parent, datetime.now(UTC).date(), {})
        self._staff: dict[str, Mapping[str, int]] = {}

    def read(self, root: yaml.Node | None, staff: Staff) -> CaseFile:
        top = Fields(self._ctx, root, "call tests", 1)
        self._staff = {**staff, **self._agents(top.get("agents"))}
        nodes = list(items(self._ctx, top.get("calls", required=True), "calls"))
        if len(nodes) > _MOST_CASES:
            self._ctx.wrong(nodes[_MOST_CASES], f"more than {_MOST_CASES} calls", "split the file")
        cases = tuple(self._case(node, number) for number, node in enumerate(nodes[:_MOST_CASES], 1))
        top.done()
        return CaseFile(cases, self._staff)

    def _agents(self, node: yaml.Node | None) -> dict[str, Mapping[str, int]]:
        found: dict[str, Mapping[str, int]] = {}
        holder = Fields(self._ctx, node, "agents", 1)
        for key, _ in holder.values.values():
            if not _AGENT.fullmatch(key.value):
                self._ctx.wrong(key, f"agents: {shown(key.value)}", "an agent's number: 2 to 10 digits")
            found[key.value] = holder.need(key.value)
        return found

    def _case(self, node: yaml.Node, number: int) -> Case:
        fields = Fields(self._ctx, node, f"call {number}", node)
        if fields.broken:
            self._ctx.wrong(node, f"call {number} is {kind_of(node)}", "write `did: …` and what else there is")
        name = fields.text("name")
        fields.what = f"call {number}" + (f" ({name[:40]})" if name else "")
        seconds, hangs_up = self._hang_up(fields)
        case = Case(
            name=name or f"call {number}",
            did=fields.matching("did", DID, "a number as callers dial it, in quotes", required=True),
            from_number=fields.matching("from", DID, "the caller's number: digits, with or without +"),
            at=self._instant(fields),
            digits=self._digits(fields),
            engine=fields.one_of("engine", ("up", "down"), "up") == "up",
            agents=self._at_work(fields),
            overrides=dict(self._overrides(fields)),
            hangs_up=hangs_up,
            hang_up_seconds=seconds,
            alone=fields.flag("alone", False),
            within_seconds=fields.decimal("within_seconds", WITHIN_SECONDS, 1, 900),
            expect=self._expected(Fields(self._ctx, fields.get("expect"), f"{fields.what}: expect", node)),
            file=self._file,
            line=line_of(node),
        )
        fields.done()
        return case

    def _instant(self, fields: Fields) -> datetime | None:
        text = fields.text("at")
        if not text:
            return None
        try:
            found = datetime.fromisoformat(text)
            found = (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(UTC)
            if 2000 <= found.year < 2100:  # what Asterisk's clock and ours take alike
                return found
        except (ValueError, OverflowError):
            pass
        hint = "2026-10-01 10:00 in the site's time zone, or 2026-10-01T10:00+02:00"
        self._ctx.wrong(fields.values["at"][1], f"{fields.what}: at is {shown(text)}", hint)
        return None

    def _digits(self, fields: Fields) -> tuple[str, ...]:
        found = []
        for node in items(self._ctx, fields.get("digits"), f"{fields.what}: digits"):
            text = scalar(self._ctx, node, f"{fields.what}: digits")
            for item in text.split(",") if text else ():
                if not DIGITS.fullmatch(item.strip()):
                    hint = 'one item for each question: "1,-,2" (- is silence, w a pause)'
                    self._ctx.wrong(node, f"{fields.what}: digits has {shown(item)}", hint)
                found.append(SILENCE if item.strip() == "-" else item.strip())
        return tuple(found)

    def _at_work(self, fields: Fields) -> dict[str, Doing]:
        node = fields.get("agents")
        if node is None or isinstance(node, yaml.ScalarNode):
            word = fields.one_of("agents", ("nobody", "everybody"), "nobody")
            return dict.fromkeys(self._staff, Doing.ANSWERS) if word == "everybody" else {}
        found = {}
        at_work = Fields(self._ctx, node, f"{fields.what}: agents", node)
        for number, (key, _) in at_work.values.items():
            if number not in self._staff:
                hint = nearest(number, self._staff)
                self._ctx.wrong(key, f"{fields.what}: there is no agent {shown(number)} in `agents`", hint)
            found[number] = Doing(at_work.one_of(number, tuple(Doing), Doing.ANSWERS))
        return found

    def _overrides(self, fields: Fields) -> Iterator[tuple[str, str]]:
        what = f"{fields.what}: schedules"
        for key, node in entries(fields.get("schedules"), what, self._ctx.mistakes):
            text = scalar(self._ctx, node, what)
            match = FORCED.fullmatch(text)
            schedule = self._site.schedules.get(key.value)
            if schedule is None:
                hint = nearest(key.value, self._site.schedules)
                self._ctx.wrong(key, f"{what}: there is no schedule {shown(key.value)}", hint)
            elif match is None or (match[2] and match[1] == "open"):
                self._ctx.wrong(node, f"{what}: {key.value} is {shown(text)}", "open, closed or closed(REASON)")
            elif match[2] and match[2] not in schedule.reasons:
                self._ctx.wrong(node, f"{what}: no reason {match[2]}", nearest(match[2], schedule.reasons))
            yield key.value, text

    def _hang_up(self, fields: Fields) -> tuple[float | None, bool]:
        node = fields.get("hang_up")
        if node is None:
            return None, False
        if node.tag == "tag:yaml.org,2002:bool":
            return None, fields.flag("hang_up", False)
        return fields.decimal("hang_up", 0, 0, 900), False

    # --- what is expected ----------------------------------------------------------------------------------

    def _expected(self, fields: Fields) -> Expected:
        found = Expected(
            path=self._texts(fields, "path"),
            prompts=self._prompts(fields),
            destination=self._destination(fields),
            outcome=fields.one_of("outcome", OUTCOMES, "") if fields.get("outcome") else None,
            agent=fields.matching("agent", _AGENT, "an agent's number") or None,
        )
        fields.done()
        return found

    def _texts(self, fields: Fields, name: str) -> tuple[str, ...] | None:
        if (node := fields.get(name)) is None:
            return None
        return tuple(scalar(self._ctx, item, f"{fields.what}: {name}") for item in items(self._ctx, node, fields.what))

    def _prompts(self, fields: Fields) -> tuple[str, ...] | None:
        found = self._texts(fields, "prompts")
        for prompt in found or ():
            if prompt and prompt not in self._site.prompts:
                hint = nearest(prompt, self._site.prompts)
                self._ctx.wrong(fields.line("prompts"), f"{fields.what}: there is no prompt {shown(prompt)}", hint)
        return found

    def _destination(self, fields: Fields) -> str | None:
        text = fields.text("destination")
        kind, _, name = text.partition(":")
        known: Mapping[str, object] = getattr(self._site, _PLACES.get(kind, ""), {})
        if not text:
            return None
        if kind in _PLACES and name not in known:
            self._ctx.wrong(fields.line("destination"), f"{fields.what}: there is no {text}", nearest(name, known))
        elif kind not in _PLACES and kind != "agent" and text != "hangup":
            hint = "queue:X, survey:X, voicemail:X, external:X, agent:NUMBER or hangup"
            self._ctx.wrong(fields.line("destination"), f"{fields.what}: destination is {shown(text)}", hint)
        return text


def chosen(cases: Sequence[Case], words: str) -> list[Case]:
    """Those whose name has every one of these words; all of them without words."""
    wanted = words.lower().split()
    return [case for case in cases if all(word in case.name.lower() for word in wanted)]

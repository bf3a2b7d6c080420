"""Everything that can be found wrong before a dialplan is shipped, gathered from those who know.

It knows whom to ask (the site's reader, its call flow, the prompts, the templates, the lint) and gives every answer
one shape; it refuses to judge and to print. Nothing is written and no Asterisk is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..config import Config, load_config
from ..core.flow import Flow
from ..core.flow_faults import faults_of
from ..core.schedule import Schedule
from ..errors import CtiError, RenderError, SiteError
from ..pbx.find import find_asterisk
from ..render.agent_sounds import SAID
from ..render.inputs import Installation, PhoneCard
from ..render.lint import lint
from ..render.prompts import check_sounds
from ..render.render import Renderer
from ..site.flow import flow_of
from ..site.load import load_site
from ..site.model import Site
from ..site.overlaps import overlaps_of
from ..site.places import SECTIONS, places_of
from .phone_cards import phones_of
from .speech import speech_for

_MISTAKE = re.compile(
    r"(?P<file>.*?):(?P<line>[0-9]+): (?:warning: )?(?P<text>.*?)(?: \((?P<hint>[^()]*(?:\([^()]*\)[^()]*)*)\))?"
)
_Places = dict[tuple[str, str], tuple[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong. `line` 0: the whole file. `rendered` is `extensions.conf:12` where a rendered line is meant."""

    error: bool
    rule: str
    file: str
    line: int
    text: str
    hint: str = ""
    rendered: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        also = f" [{self.rendered}]" if self.rendered else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}: {'error' if self.error else 'warning'}: {self.text}{hint}{also}"

    def plain(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _AnyAsterisk:
    """Stands in where none is installed: the newest, with every module."""

    argv: tuple[str, ...] = ("asterisk",)
    version: tuple[int, ...] = (22, 10, 1)
    modules: Path = Path("/usr/lib/asterisk/modules")
    data: Path = Path("/usr/share/asterisk")
    root: Path | None = None

    def has(self, module: str) -> bool:
        return module not in ("codec_opus.so",)


def find_all(home: Path) -> list[Finding]:
    """Every finding: errors first, then by file and line."""
    file = home / "site.yaml"
    try:
        site = load_site(file)
    except SiteError as error:
        return [_told(line, "site", error=True) for line in error.mistakes]
    where = dict(places_of(file))
    config = load_config(home) if (home / "cti.toml").exists() else Config(home=home.resolve())  # an admin's own CI
    found: list[Finding] = []
    phones = _phones(config, found)
    flow = flow_of(site)
    found += [_told(line, "site", error=False) for line in site.warnings]
    found += _in_flow(flow, where)
    found += _unused(site, flow, where, _own_templates(config))
    found += _schedules(site, where)
    found += _overlaps(site, phones, where)
    found += _prompts(site, config, where)
    found += _rendered(config, site, phones)
    return sorted(dict.fromkeys(found), key=lambda one: (not one.error, one.file, one.line))


def _told(line: str, rule: str, *, error: bool) -> Finding:
    """A `file:line: text (hint)` line of somebody else's."""
    match = _MISTAKE.fullmatch(line)
    if match is None:
        return Finding(error=error, rule=rule, file="", line=0, text=line)
    return Finding(
        error=error,
        rule=rule,
        file=match["file"],
        line=int(match["line"]),
        text=match["text"],
        hint=match["hint"] or "",
    )


def _phones(config: Config, found: list[Finding]) -> Sequence[PhoneCard]:
    if not (config.home / "cti.toml").exists():
        return ()
    try:
        return phones_of(config)
    except CtiError as error:
        text = f"the agents cannot be read: {error}"
        found.append(Finding(error=False, rule="agents", file="cti.toml", line=0, text=text))
        return ()


# --- the site ------------------------------------------------------------------------------------------


def _in_flow(flow: Flow, where: _Places) -> Iterator[Finding]:
    for fault in faults_of(flow):
        file, line = _at(where, SECTIONS.get(fault.place.kind, ""), fault.place.name)
        yield Finding(error=fault.error, rule=fault.rule, file=file, line=line, text=fault.text, hint=fault.hint)


def _unused(site: Site, flow: Flow, where: _Places, templates: str) -> Iterator[Finding]:
    """Prompts and schedules that nothing names. What an admin's own templates name is used."""
    said = {prompt for node in flow.nodes.values() for prompt in node.says}
    said |= {prompt for node in flow.nodes.values() for edge in node.edges() for prompt in edge.says}
    said |= {queue.callback.prompt for queue in site.queues.values() if queue.callback} | set(SAID)
    said |= {reason.prompt for schedule in site.schedules.values() for reason in schedule.reasons.values()}
    asked = {number.schedule for number in site.numbers.values()} | {queue.schedule for queue in site.queues.values()}
    asked |= {queue.callback.window for queue in site.queues.values() if queue.callback}
    written = [name for section, name in where if section == "prompts" and name]
    shipped = (
        "announce_",
        "callback_",
        "menu_",
        "direct_",
        "input_",
        "agent_",
    )  # words of ours that a site may replace
    for section, names, used in (("prompts", written, said), ("schedules", list(site.schedules), asked)):
        for name in names:
            if name in used or name in templates or (section == "prompts" and name.startswith(shipped)):
                continue
            file, line = _at(where, section, name)
            text = f"{section.removesuffix('s')} {name} is used by nothing"
            yield Finding(error=False, rule="unused", file=file, line=line, text=text, hint="use it, or take it out")


def _own_templates(config: Config) -> str:
    """The text of the admin's own dialplan templates."""
    files = sorted((config.home / "dialplan").glob("*.j2"))
    return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)


def _schedules(site: Site, where: _Places) -> Iterator[Finding]:
    for name, schedule in site.schedules.items():
        if _is_never_open(schedule):
            file, line = _at(where, "schedules", name)
            text = f"schedule {name} is never open"
            yield Finding(
                error=False, rule="never-open", file=file, line=line, text=text, hint="give it hours: open: …"
            )


def _is_never_open(schedule: Schedule) -> bool:
    return not schedule.periods and not any(day.spans for day in schedule.exceptions)


def _overlaps(site: Site, phones: Sequence[PhoneCard], where: _Places) -> Iterator[Finding]:
    for one in overlaps_of(site, [phone.agent for phone in phones]):
        file, line = _at(where, one.section, one.name)
        yield Finding(error=False, rule="overlap", file=file, line=line, text=one.text, hint=one.hint)


def _prompts(site: Site, config: Config, where: _Places) -> Iterator[Finding]:
    """Recordings that cannot be played, languages without words, and texts that nobody can speak here."""
    mistakes, warnings = check_sounds(site, config.var / "cache" / "prompts")
    yield from (_told(line, "prompt", error=True) for line in mistakes)
    yield from (_told(line, "prompt", error=False) for line in warnings)
    for (section, name), (file, line) in where.items():
        prompt = site.prompts.get(name) if section == "prompts" else None
        if prompt is None or "" in prompt.spoken:
            continue
        lacks = [language for language in site.site.languages if language not in prompt.spoken]
        if lacks:
            text = f"prompt {name} has no words in {', '.join(lacks)}"
            hint = f"those callers hear it in {site.site.languages[0]}"
            yield Finding(error=False, rule="language", file=file, line=line, text=text, hint=hint)
    speech = speech_for(config, find_asterisk(config))
    texts = [p.name for p in site.prompts.values() if any(not one.file for one in p.spoken.values())]
    if speech is None and texts:
        file, line = _at(where, "prompts", "")
        text = f"{len(texts)} prompts are texts, and there is no speech program on this machine"
        yield Finding(error=False, rule="speech", file=file, line=line, text=text, hint="cti pbx fetch, or espeak-ng")


def _at(where: _Places, section: str, name: str) -> tuple[str, int]:
    """Where it is written; the section, or the file, for what is written nowhere."""
    return where.get((section, name)) or where.get((section, "")) or where.get(("site", "")) or ("site.yaml", 0)


# --- the rendered files -----------------------------------------------------------------------------------


def _rendered(config: Config, site: Site, phones: Sequence[PhoneCard]) -> Iterator[Finding]:
    installation: Installation = find_asterisk(config) or _AnyAsterisk()
    renderer = Renderer(config, installation)
    try:
        files, errors = renderer.try_all(site, phones)
    except RenderError as error:
        files, errors = {}, [error]
    yield from (_told(str(error), "template", error=True) for error in errors)
    for name, faults in (lint(files) if "extensions.conf" in files else {}).items():
        origin = renderer.origin(name, files[name], site, phones)
        for fault in faults:
            source = origin[fault.line - 1] if origin else ""
            file, _, line = source.rpartition(":") if source else (name, "", str(fault.line))
            rendered = f"{name}:{fault.line}" if source else ""
            yield Finding(
                error=fault.error,
                rule=fault.rule,
                file=file,
                line=int(line),
                text=fault.text,
                hint=fault.hint,
                rendered=rendered,
            )

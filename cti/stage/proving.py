"""A proving ground: an instance of its own, made of a candidate site, that no real call can reach or leave.

It knows how an instance is made, served and given agents, and that an earlier candidate is replaced by the next; it
refuses to know what a case expects. Its trunks are on this machine's loopback and its mailboxes send nothing
(render.sealed), it has ports, secrets, journals and an Asterisk of its own, and all of it goes with the folder.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from ..config import load_config
from ..core.fallback import native_penalty
from ..core.schedule_override import FAMILY, Kind, Override
from ..core.words import AgentCard, AgentId, Phone, Skill
from ..errors import PbxError, PhoneError, StageError
from ..pbx.find import Installation, find_asterisk
from ..pbx.process import command
from ..phones import Behaviour, Phones
from ..phones.phone_ports import free_port
from ..share import user_cache
from ..site.files import files_of
from ..site.load import load_site
from ..site.rules import rules_of
from .call_case import Doing
from .eavesdrop import Eavesdropper
from .instance import Stage

_FOLDERS = ("dialplan", "asterisk_conf", "agi_scripts")  # an instance's own templates and scripts
_OPTIONS = ("asterisk", "speech", "speech_voices", "speech_seconds")  # of cti.toml: what a candidate sounds like
STARTING = 4  # phones at once: a SIPp takes 0.1 s of CPU to come up, and those who talk already wait for it
_MEMBERS_SECONDS = 60.0
_LOOK_SECONDS = 0.1
_MEMBER = re.compile(r"\(PJSIP/(\w+)\)")
# Rings until it is told what to do; one packet of sound, so that many of them cost nothing.
_PHONE = Behaviour(answer_after=None, media="one_packet")

Say = Callable[[str], None]
Skills = Mapping[str, int]


class ProvingGround:
    """`async with ProvingGround(folder) as ground:` then `load`, and `log_in` as often as wanted.

    Of an instance folder only what its site consists of is copied: site files, prompts, templates, scripts.
    """

    def __init__(self, folder: Path, *, engine: bool = True, say: Say = lambda _: None) -> None:
        self._engine = engine
        self._stage = Stage(folder, say)
        self._stack = AsyncExitStack()
        self._skills: dict[str, Skills] = {}
        self._at_work: list[str] = []
        self._serving = False
        self._ear: Eavesdropper | None = None
        self.starting = asyncio.Semaphore(STARTING)

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._stage)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @property
    def home(self) -> Path:
        """The instance's folder."""
        return self._stage.home

    @property
    def phones(self) -> Phones:
        return self._stage.phones

    @property
    def ear(self) -> Eavesdropper:
        """What Asterisk says of the calls (after `load`)."""
        if self._ear is None:
            raise StageError("load a candidate first")
        return self._ear

    @property
    def server(self) -> tuple[str, int]:
        """Where callers call."""
        return self._stage.config.sip_bind, self._stage.config.sip_port

    async def load(self, candidate: Path | str, skills: Mapping[str, Skills]) -> None:
        """Serve this candidate: an instance folder whose site, templates and prompts are used as they are, or the text
        of a site.yaml. `skills` are all agents who may ever log in. Raises StageError with what the site check says."""
        first = self._ear is None
        if first:
            await self._stage.prepare(site="", options="\n".join(["call_test = true", *_options(candidate)]))
            sounds = user_cache() / "spoken"  # by content: what was spoken once is the same everywhere
            sounds.mkdir(parents=True, exist_ok=True)
            (self._stage.home / "var" / "cache" / "prompts").symlink_to(sounds)
        self._take(candidate)
        self._skills = dict(skills)
        port = free_port("127.0.0.1")
        if skills:
            people = [_person(number, levels) for number, levels in skills.items()]
            await self._stage.hire(people, port)
        if first:
            await self._stage.people({})
        if skills:
            await self.phones.agents(dict.fromkeys(skills, _PHONE), port=port)
        await self._start(first)

    def _take(self, candidate: Path | str) -> None:
        home = self._stage.home
        if isinstance(candidate, str):
            (home / "site.yaml").write_text(candidate, encoding="utf-8")
            return
        for file in _belonging(candidate.resolve()):
            target = home / file.relative_to(candidate.resolve())
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)

    async def _start(self, first: bool) -> None:
        if not first:
            await self._stage.cti("dialplan", "apply")
            return
        if self._engine:
            await self._stage.serve()
            self._serving = True
        else:
            await self._stage.cti("dialplan", "apply")
            await self._stage.cti("pbx", "up")
        self._ear = await self._stack.enter_async_context(Eavesdropper(self._stage.config))

    @asynccontextmanager
    async def attended(self, doing: Callable[[str, str], Doing | None]) -> AsyncIterator[None]:
        """Agents' phones do what `doing(agent, caller's number)` says; None: they ring."""
        task = asyncio.create_task(self._attend(doing, len(self.phones.happened)))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _attend(self, doing: Callable[[str, str], Doing | None], skip: int) -> None:
        acts = {Doing.ANSWERS: self.phones.answer, Doing.DECLINES: self.phones.hang_up}
        async with asyncio.TaskGroup() as group:
            async for event in self.phones.events():
                skip -= 1
                if skip >= 0 or event.kind != "invite" or not event.agent:
                    continue
                act = doing(event.agent, event.number)
                if act in acts:
                    group.create_task(_tolerant(acts[act](event)))

    @cached_property
    def _installation(self) -> Installation:
        found = find_asterisk(self._stage.config)
        if found is None:
            raise PbxError("there is no Asterisk on this machine yet; bring one with: cti pbx fetch")
        return found

    # --- who is at work, and what is overridden -------------------------------------------------------------

    async def log_in(self, agents: Sequence[str]) -> None:
        """These agents and nobody else. Without an engine one comes, mirrors them into the native queues, and goes."""
        if not agents and not self._at_work:
            return
        if not self._serving:
            await self._stage.serve("--no-pbx")
        for agent in self._at_work:
            await self._stage.post(f"/api/agents/{agent}/logout")
        await self._stage.log_in(agents)
        self._at_work = list(agents)
        if not self._serving:
            await self._mirrored()
            await self._stage.stop_engine()

    async def _mirrored(self) -> None:
        """Until each native queue has exactly the members that it shall have: an engine that goes sooner leaves
        some out. Many queues and agents take their time: it is too long when nothing comes."""
        rules = rules_of(load_site(self._stage.config.site_file))
        wanted = {
            (str(rule.name), agent)
            for agent in self._at_work
            for rule in rules
            if native_penalty(_card(agent, self._skills[agent]), rule) is not None
        }
        while (there := await self._members()) != wanted:
            try:
                async with asyncio.timeout(_MEMBERS_SECONDS):
                    while await self._members() == there:  # noqa: ASYNC110 -- Asterisk's console tells nobody
                        await asyncio.sleep(_LOOK_SECONDS)
            except TimeoutError:
                raise StageError("the engine did not put the agents into the native queues") from None

    async def _members(self) -> set[tuple[str, str]]:
        """Queue and agent of every member."""
        queues = re.split(r"(?m)^(?=\S+ +has \d+ calls)", await self.console("queue show"))
        return {(shown.split()[0], agent) for shown in queues if shown.strip() for agent in _MEMBER.findall(shown)}

    async def override(self, overrides: Mapping[str, str], cleared: Iterable[str]) -> None:
        """Schedules that say what they are told: open, closed, closed(reason); `cleared` ones are themselves again."""
        for schedule in cleared:
            await self.console(f"database del {FAMILY} {schedule}")
        for schedule, said in overrides.items():
            state, _, reason = said.rstrip(")").partition("(")
            value = Override(open=state == "open", kind=Kind.UNDONE, reason=reason).text()
            await self.console(f"database put {FAMILY} {schedule} {value}")

    async def console(self, line: str) -> str:
        """What Asterisk's console answers."""
        return await asyncio.to_thread(command, self._stage.config, self._installation, line)


async def _tolerant(act: Awaitable[None]) -> None:
    """The caller may have gone while the phone was reached for."""
    with suppress(PhoneError):
        await act


def _belonging(candidate: Path) -> Iterator[Path]:
    """Every file that the candidate consists of. Raises SiteError when its site is wrong."""
    spoken = (
        one.file for prompt in load_site(candidate / "site.yaml").prompts.values() for one in prompt.spoken.values()
    )
    wanted = {file.resolve() for file in (*files_of(candidate / "site.yaml"), *spoken) if file is not None}
    wanted |= {file for name in _FOLDERS for file in (candidate / name).rglob("*") if file.is_file()}
    return (file for file in sorted(wanted) if file.is_relative_to(candidate))


def _options(candidate: Path | str) -> Iterator[str]:
    """Lines of cti.toml that the candidate's own has, too."""
    if isinstance(candidate, Path) and (candidate / "cti.toml").is_file():
        theirs = load_config(candidate)
        for name in _OPTIONS:
            if value := getattr(theirs, name):
                yield f"{name} = {_toml(value)}"


def _toml(value: object) -> str:
    if isinstance(value, tuple) and value and isinstance(value[0], tuple):
        return "{" + ", ".join(f"{json.dumps(key)} = {json.dumps(text)}" for key, text in value) + "}"
    return json.dumps(value)


def _person(number: str, skills: Skills) -> dict[str, str]:
    told = ";".join(f"{skill}={level}" for skill, level in skills.items())
    return {"number": number, "name": f"Agent {number}", "phone": f"PJSIP/{number}", "skills": told}


def _card(number: str, skills: Skills) -> AgentCard:
    levels = {Skill(name): level for name, level in skills.items()}
    return AgentCard(agent=AgentId(number), name="", phone=Phone(f"PJSIP/{number}"), skills=levels)

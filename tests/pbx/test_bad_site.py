"""A site.yaml full of mistakes on an instance that serves: everything is told at once and nothing is applied."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from scene import Said, ask_asterisk, at_work, caller, cti, house, pid_of

from cti.pbx import Installation, find_pid
from cti.phones import Behaviour
from cti.render.asterisk_words import APPLICATIONS, FUNCTIONS
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

DID = "4008001234"
SITE = f"""
numbers: {{"{DID}": {{to: "queue:sales"}}}}
queues:
  sales: {{steps: [{{after: 0, need: {{sales: 1}}}}], wrap_up_seconds: 0, overflow: hangup}}
"""
AGENTS = {"1001": "sales=50"}
QUICK = Behaviour(answer_after=0.05, talk_seconds=0.2, media="one_packet")
MISTAKES = Path(__file__).parent.parent / "site" / "mistakes.yaml"  # every kind of mistake, each marked in its line
COUNT = len(re.findall(r"# !! ?", MISTAKES.read_text(encoding="utf-8").partition("\n")[2]))
HOSTILE = [
    b"site: {name: x}\n\xff\xfe",
    b"site: !!python/object/apply:os.system ['touch x']\n",
    b"a: &a [1]\nb: &b [*a, *a]\nc: [*b, *b]\n",
    b"[" * 50_000,
    b'site: {name: "x\\nexten => s,1,System(touch x)", timezone: Asia/Shanghai, languages: [en]}\n',
    b"",
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("bad") / "home"
    async with house(home, SITE, AGENTS, dict.fromkeys(AGENTS, QUICK)) as stage:
        await stage.serve()
        yield stage


@contextmanager
def wrong(stage: Stage, text: bytes) -> Iterator[None]:
    """The site is this for as long as the block lasts."""
    file = stage.config.site_file
    good = file.read_bytes()
    file.write_bytes(text)
    try:
        yield
    finally:
        file.write_bytes(good)


def etc(stage: Stage) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in stage.config.etc.rglob("*") if file.is_file()}


async def dialplan(stage: Stage, asterisk: Installation) -> str:
    return await ask_asterisk(stage, asterisk, "dialplan show")


async def served(stage: Stage) -> None:
    async with at_work(stage, "1001"):
        call = await stage.call(caller(DID, "13800138000"))
        assert (await call.done()).outcome == "completed"


def check_told(stage: Stage, said: Said, count: int) -> None:
    """One line for each mistake, with file, line and words, then the sum; nothing on stdout; exit code 2."""
    *mistakes, last = said.err.splitlines()
    file = re.escape(str(stage.config.site_file))
    assert [line for line in mistakes if not re.fullmatch(rf"{file}:\d+: \S.*", line)] == []
    assert len(mistakes) == count
    assert last == f"error: {count} mistake(s); nothing was applied"
    assert (said.code, said.out) == (2, "")


COMMANDS: list[Sequence[str]] = [("site", "check"), ("dialplan", "render"), ("dialplan", "apply")]
COMMANDS += [("dialplan", "apply", "--dry-run")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
async def test_every_mistake_is_told_at_once_and_nothing_is_applied(
    stage: Stage, asterisk: Installation, command: Sequence[str]
) -> None:
    files, before = etc(stage), await dialplan(stage, asterisk)
    with wrong(stage, MISTAKES.read_bytes()):
        check_told(stage, await cti(stage, *command), COUNT)
    assert etc(stage) == files
    assert await dialplan(stage, asterisk) == before
    assert COUNT > 60


async def test_mistakes_have_hints(stage: Stage) -> None:
    text = stage.config.site_file.read_text(encoding="utf-8").replace("queue:sales", "queue:sale")
    with wrong(stage, text.encode()):
        said = await cti(stage, "site", "check")
    check_told(stage, said, 1)
    assert "did you mean" in said.err


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:24]))
async def test_a_hostile_site_is_refused_in_lines_of_our_own(stage: Stage, text: bytes) -> None:
    files = etc(stage)
    with wrong(stage, text):
        said = await cti(stage, "dialplan", "apply")
    check_told(stage, said, len(said.err.splitlines()) - 1)
    assert etc(stage) == files
    assert "x" not in os.listdir()


async def test_a_running_engine_refuses_to_reload_it_and_serves_the_old_site(stage: Stage) -> None:
    said = len(stage.log)
    with wrong(stage, MISTAKES.read_bytes()):
        os.kill(pid_of(stage, "engine"), signal.SIGHUP)
        line = await stage.logged(re.compile("reload"), since=said)
        assert f"reload refused, {COUNT} mistakes in site.yaml; the first: " in line
        assert re.search(r"site\.yaml:\d+: ", line)
        await served(stage)
    said = len(stage.log)
    assert await cti(stage, "serve", "--reload") == (0, "", "")
    assert "read again" in await stage.logged(re.compile("reload|read again"), since=said)


async def test_serve_does_not_begin_with_it_and_asterisk_goes_on(stage: Stage, asterisk: Installation) -> None:
    await stage.stop_engine()
    files, before, pid = etc(stage), await dialplan(stage, asterisk), find_pid(stage.config)
    with wrong(stage, MISTAKES.read_bytes()):
        check_told(stage, await cti(stage, "serve"), COUNT)
    assert (etc(stage), find_pid(stage.config)) == (files, pid)
    assert await dialplan(stage, asterisk) == before
    await stage.serve()
    await served(stage)


async def test_the_lint_knows_every_application_and_function_that_asterisk_offers(
    stage: Stage, asterisk: Installation
) -> None:
    shown = await ask_asterisk(stage, asterisk, "core show applications")
    applications = set(re.findall(r"(?m)^ *([\w-]+):", shown))
    functions = set(re.findall(r"(?m)^([A-Z][A-Z0-9_]+) ", await ask_asterisk(stage, asterisk, "core show functions")))
    assert len(applications) > 50
    assert len(functions) > 50
    assert {name for name in applications if name.lower() not in APPLICATIONS} == set()
    known = {name[:20] for name in FUNCTIONS}  # where the console cuts them
    assert {name for name in functions if name.lower() not in known} == set()

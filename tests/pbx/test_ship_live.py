"""Shipping on a real Asterisk with calls on it: what it refuses is undone by itself, and nobody on a phone notices."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_asyncio
from scene import (
    ask_asterisk,
    at_work,
    caller,
    cel,
    cti,
    floor,
    hang_up,
    house,
    on_floor,
    stopped,
    take,
    told,
    until,
)

from cti.pbx import Installation, find_pid
from cti.phones import PhoneEvent
from cti.share import shared_folder
from cti.ship.history import History
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

DID = "4008001234"
SITE = f"""
schedules:
  office: {{open: {{mon-sun: ["00:00-24:00"]}}}}
  never: {{open: {{}}}}
numbers: {{"{DID}": {{to: "queue:sales", schedule: office, closed: hangup}}}}
queues:
  sales: {{steps: [{{after: 0, need: {{sales: 1}}}}], wrap_up_seconds: 0, overflow: hangup}}
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("ship") / "home"
    async with house(home, SITE, {"1001": "sales=50"}) as stage:
        await stage.serve()
        yield stage


@contextmanager
def template(stage: Stage, name: str, there: str, instead: str) -> Iterator[Path]:
    """The instance's own copy of a template, changed, for as long as the block lasts."""
    text = (shared_folder("dialplan") / name).read_text(encoding="utf-8")
    assert there in text
    file = stage.home / "dialplan" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text.replace(there, instead, 1), encoding="utf-8")
    try:
        yield file
    finally:
        file.unlink()


def history(stage: Stage) -> History:
    return History(stage.config.var / "history")


def head(stage: Stage) -> int:
    found = history(stage).head()
    assert found is not None
    assert found.state == "proven"
    return found.number


def ring_seconds(stage: Stage, seconds: int) -> None:
    (stage.home / "site.yaml").write_text(
        (stage.home / "site.yaml").read_text().partition("  sales:")[0]
        + f"  sales: {{steps: [{{after: 0, need: {{sales: 1}}}}], ring_seconds: {seconds}, overflow: hangup}}\n"
    )


async def talking(stage: Stage, number: str) -> PhoneEvent:
    """Somebody talks to 1001."""
    await stage.call(caller(DID, number))
    return await take(stage, "1001", number)


async def test_what_asterisk_refuses_is_undone_while_one_talks_and_another_waits(
    stage: Stage, asterisk: Installation
) -> None:
    version, dialplan = head(stage), await ask_asterisk(stage, asterisk, "dialplan show")
    async with at_work(stage, "1001"):
        leg = await talking(stage, "13800000001")
        waiting = await stage.call(caller(DID, "13800000002"))
        await on_floor(stage, 1)
        with template(stage, "_queues.j2", "exten => s,1,", "exten => s,1(x,") as file:
            said = await cti(stage, "dialplan", "apply", "-m", "broken")
            assert said.code == 8
            first, *_, last = said.err.splitlines()
            assert "Asterisk has no such line in [cti-queue-sales], extension s: " in first
            assert f"(from {file}:" in first
            assert f"{stage.home}/site.yaml:" in first
            assert last.endswith(f"is not what Asterisk runs: version {version} serves again")
        assert sorted(call["state"] for call in (await floor(stage))["calls"]) == ["connected", "waiting"]
        assert await ask_asterisk(stage, asterisk, "dialplan show") == dialplan
        await hang_up(stage, leg)
        await hang_up(stage, await take(stage, "1001", "13800000002"))
        assert (await waiting.done()).outcome == "completed"
        await hang_up(stage, await talking(stage, "13800000003"))
    assert head(stage) == version
    for number in ("13800000001", "13800000002", "13800000003"):
        assert (await told(stage, number=number))[0]["outcome"] == "answered"


@pytest.mark.parametrize(
    ("there", "instead", "told"),
    [
        ("Queue(", "Quite(", "there is no application Quite, in [cti-queue-sales]"),
        ("__CTI_OFFERED=${EPOCH}", "__CTI_OFFERED=${EPOQUE(1)}", "there is no function EPOQUE"),
        ("exten => s,1,", "exten = s,1,NoOp(a\n same => n,", "Asterisk says: No closing parenthesis found?"),
    ],
)
async def test_what_it_would_only_find_out_with_a_caller_is_refused(
    stage: Stage, there: str, instead: str, told: str
) -> None:
    version = head(stage)
    with template(stage, "_queues.j2", there, instead):
        said = await cti(stage, "dialplan", "apply")
    assert said.code == 8
    assert told in said.err
    assert head(stage) == version


async def test_a_schedule_that_never_returns_is_found_by_the_test_call(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = head(stage)
    with template(stage, "_schedules.j2", "exten => s,1,", "exten => s,1,Return(perhaps)\n same => n,"):
        said = await cti(stage, "dialplan", "apply")
    assert said.code == 8
    assert "schedule office answers 'perhaps', not open or closed" in said.err
    assert head(stage) == version


async def test_an_endpoint_that_asterisk_does_not_take_is_refused(stage: Stage) -> None:
    version = head(stage)
    own = stage.home / "asterisk_conf" / "pjsip.conf.j2"
    own.parent.mkdir(exist_ok=True)
    text = (shared_folder("asterisk_conf") / own.name).read_text(encoding="utf-8")
    own.write_text(text + "\n[2001]\ntype = endpoint\ncontextt = from-agent\n")
    said = await cti(stage, "dialplan", "apply")
    own.unlink()
    assert said.code == 8
    assert "Asterisk has no endpoint 2001" in said.err
    assert "contextt" in said.err
    assert head(stage) == version


async def test_a_change_and_its_rollback_while_somebody_talks(stage: Stage, asterisk: Installation) -> None:
    version = head(stage)
    async with at_work(stage, "1001"):
        leg = await talking(stage, "13800000011")
        ring_seconds(stage, 20)
        said = await cti(stage, "dialplan", "apply", "-m", "twenty")
        assert (said.code, said.err) == (0, "")
        assert head(stage) > version
        assert "queue sales: ring_seconds 15 → 20" in history(stage).version(head(stage)).words
        assert (await cti(stage, "dialplan", "drift")).code == 0
        back = await cti(stage, "dialplan", "rollback")
        assert back.code == 0
        assert "Asterisk runs it (probed)" in back.out
        assert "timeout = 15" in (stage.config.etc / "queues.conf").read_text()
        assert [call["state"] for call in (await floor(stage))["calls"]] == ["connected"]
        await hang_up(stage, leg)
    assert (await told(stage, number="13800000011"))[0]["outcome"] == "answered"


async def test_the_test_call_touches_nobody_and_is_counted_nowhere(stage: Stage) -> None:
    probes = [line for line in cel(stage, "CHAN_START") if len(line.number) == 0]
    assert (await floor(stage))["calls"] == []
    calls = (await stage.get("/api/calls?limit=500"))["calls"]
    assert {row["number"] for row in calls} == {f"138000000{n:02}" for n in (1, 2, 3, 11)}
    assert probes


async def test_a_killed_apply_is_undone_by_the_next_and_by_serve(stage: Stage, asterisk: Installation) -> None:
    await cti(stage, "dialplan", "apply")  # site.yaml says 20; the rollback held it
    version, dialplan = head(stage), await ask_asterisk(stage, asterisk, "dialplan show")
    await kill_in_the_middle(stage, 25)
    assert (await cti(stage, "dialplan", "drift")).code == 2
    ring_seconds(stage, 20)
    said = await cti(stage, "dialplan", "apply")
    assert "was cut off before it was proven; version " in said.out
    assert await ask_asterisk(stage, asterisk, "dialplan show") == dialplan
    assert head(stage) >= version
    await kill_in_the_middle(stage, 26)
    await stage.stop_engine()
    ring_seconds(stage, 20)
    since = len(stage.log)
    await stage.serve()
    assert any("was cut off before it was proven" in line for line in stage.log[since:])
    assert "timeout = 20" in (stage.config.etc / "queues.conf").read_text()


async def kill_in_the_middle(stage: Stage, seconds: int) -> None:
    """An apply that is killed as soon as its files are in place."""
    ring_seconds(stage, seconds)
    queues = stage.config.etc / "queues.conf"

    async def placed() -> bool:
        return f"timeout = {seconds}" in queues.read_text()

    with stopped(find_pid(stage.config)):  # for which it waits, so that it comes no further
        process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "cti", "--home", str(stage.home), "dialplan", "apply"],
            stdout=asyncio.subprocess.DEVNULL,
        )
        await until("the files in place", placed)
        process.kill()
        assert await process.wait() == -signal.SIGKILL
    assert len(history(stage).pending()) == 1


async def test_a_site_that_asterisk_refuses_does_not_keep_serve_from_serving_the_last_one(stage: Stage) -> None:
    await stage.stop_engine()
    version, since = head(stage), len(stage.log)
    with template(stage, "_queues.j2", "Queue(", "Quite("):
        await stage.serve()
    assert any(line.startswith("site.yaml was not shipped: ") and f"version {version} serves" in line
               for line in stage.log[since:])  # fmt: skip
    async with at_work(stage, "1001"):
        await hang_up(stage, await talking(stage, "13800000021"))

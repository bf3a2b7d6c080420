"""Prompts on a real Asterisk: which file a caller hears, and one recorded by telephone that sounds as it was spoken."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile
from scene import ask_asterisk, house, until

from cti.pbx import Installation, find_pid
from cti.phones import ALAW, Customer, tone, write_wav
from cti.phones.sound import Codec
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers: {"40010": {to: "menu:ask"}}
menus: {ask: {prompt: choose, timeout_seconds: 1, keys: {"1": hangup}, otherwise: hangup}}
"""
# Words of a tenth of a second, so that the keys below can be pressed at known instants.
SHORT = "agent_record agent_record_choose agent_record_kept agent_record_cancelled agent_record_refused"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    home = tmp_path_factory.mktemp("prompts") / "home"
    async with house(home, SITE, {"1001": "x=1"}) as stage:
        words = "".join(f"{name}: {{file: short.wav}}, " for name in SHORT.split())
        site = (home / "site.yaml").read_text()
        assert site.count("prompts: {") == 1
        (home / "site.yaml").write_text(site.replace("prompts: {", "prompts: {" + words))
        write_wav(home / "choose.wav", tone(600, 4.0))
        write_wav(home / "short.wav", tone(600, 0.15))
        await stage.serve()
        yield stage


def open_sounds(stage: Stage) -> set[str]:
    """The names of our prompts that Asterisk has open now."""
    folder = Path(f"/proc/{find_pid(stage.config)}/fd")
    names = set()
    for handle in folder.iterdir():
        try:
            target = Path(os.readlink(handle))
        except OSError:
            continue
        if target.parent.name == "cti":
            names.add(target.name)
    return names


@pytest.mark.parametrize(("codec", "file"), [(ALAW, "choose.wav"), (Codec("G722", 9), "choose.wav16")])
async def test_a_wide_caller_hears_the_wide_file_and_a_narrow_one_the_narrow_file(
    stage: Stage, codec: Codec, file: str
) -> None:
    call = await stage.call(Customer(did="40010", codec=codec, media="none"))

    async def look() -> set[str]:
        return open_sounds(stage)

    assert await until("a prompt", look) == {file}
    await call.hang_up()
    await call.done()
    await until("quiet", lambda: closed(stage))


async def closed(stage: Stage) -> bool:
    return not open_sounds(stage)


class Recorder:
    """`cti prompt record`, as a process: its lines as they come."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said = ""

    @classmethod
    async def start(cls, stage: Stage, *words: str) -> Recorder:
        import sys

        argv = (sys.executable, "-m", "cti", "--home", str(stage.home), "prompt", "record", *words)
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*argv, stdout=pipe, stderr=asyncio.subprocess.STDOUT))

    async def dial(self) -> str:
        """What it says to dial."""
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            self.said = (await self.process.stdout.readline()).decode()
        found = re.search(r"dial (\*17[0-9]{6}) on any agent's phone", self.said)
        assert found, self.said
        return found[1]

    async def end(self) -> tuple[int, str]:
        """Its exit code and everything that it said."""
        async with asyncio.timeout(60):
            rest, _ = await self.process.communicate()
        return self.process.returncode or 0, self.said + rest.decode()


async def speak(
    stage: Stage, code: str, sound: Path, keys: dict[float, str], hangs_up_after: float | None = None
) -> str:
    """The agent's phone dials, plays `sound` all the time, presses keys so many seconds after the answer."""
    customer = Customer(
        did=code, from_number="1001", sound=sound, digits=list(keys.items()), talk_seconds=hangs_up_after
    )
    server = (stage.config.sip_bind, stage.config.sip_port)
    call = await stage.phones.call(customer, server=server, local="127.0.0.1")
    return (await call.done(60)).outcome


async def test_a_prompt_recorded_by_telephone_is_a_file_of_the_site_and_sounds_as_it_was_spoken(stage: Stage) -> None:
    spoken = stage.home / "spoken.wav"
    write_wav(spoken, tone(700, 10.0))
    recorder = await Recorder.start(stage, "welcome")
    assert await speak(stage, await recorder.dial(), spoken, {3.0: "#", 6.5: "1"}) == "completed"
    status, said = await recorder.end()
    assert status == 0, said
    assert "  welcome:\n    en: {file: sounds/en/welcome.wav}\nthen: cti dialplan apply" in said
    samples, rate = soundfile.read(str(stage.home / "sounds/en/welcome.wav"))
    assert rate == 16_000
    assert 1.5 < len(samples) / rate < 3.0
    middle = samples[rate // 2 : rate // 2 + rate]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(len(middle)))) ** 2
    assert abs(int(spectrum.argmax()) - 700) <= 2, "one line a Hertz"
    assert spectrum[690:711].sum() / spectrum.sum() > 0.95, "nothing but the tone"
    assert list((stage.config.var / "prompts").iterdir()) == []


async def test_again_then_cancelled_keeps_nothing_and_the_code_is_used_up(stage: Stage, asterisk: Installation) -> None:
    spoken = stage.home / "spoken.wav"
    write_wav(spoken, tone(700, 12.0))
    recorder = await Recorder.start(stage, "goodbye")
    code = await recorder.dial()
    await speak(stage, code, spoken, {}, hangs_up_after=1.5)  # cut off in the middle: the code can be dialled again
    assert await speak(stage, code, spoken, {2.0: "#", 4.5: "2", 6.5: "#", 9.0: "3"}) == "completed"
    status, said = await recorder.end()
    assert (status, "nothing was kept" in said) == (4, True), said
    assert not (stage.home / "sounds/en/goodbye.wav").exists()
    assert "0 results found" in await ask_asterisk(stage, asterisk, "database show cti-record")
    assert await speak(stage, code, spoken, {}) == "completed"  # told, and hung up
    assert list((stage.config.var / "prompts").iterdir()) == []


async def test_the_street_cannot_record(stage: Stage) -> None:
    recorder = await Recorder.start(stage, "street")
    call = await stage.call(Customer(did=await recorder.dial()))
    assert (await call.done()).code == 404
    recorder.process.send_signal(2)
    status, said = await recorder.end()
    assert (status, "withdrawn" in said) == (4, True), said

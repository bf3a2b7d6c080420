"""Prompts on a real Asterisk: which file a caller hears, and one recorded by telephone that sounds as it was spoken."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
import soundfile
from scene import ask_asterisk, gone, house, until

from cti.pbx import Installation, find_pid
from cti.phones import ALAW, Call, Customer, PhoneError, tone, write_wav
from cti.phones.sound import Codec
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

SITE = """
numbers: {"40010": {to: "menu:ask"}}
menus: {ask: {prompt: choose, timeout_seconds: 1, keys: {"1": hangup}, otherwise: hangup}}
"""
# Words of a tenth of a second, in which no key is heard.
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


async def speaking(stage: Stage, code: str, sound: Path) -> Call:
    """The agent's phone dials, and plays `sound` all the time."""
    server = (stage.config.sip_bind, stage.config.sip_port)
    return await stage.phones.call(
        Customer(did=code, from_number="1001", sound=sound), server=server, local="127.0.0.1"
    )


def sounds(stage: Stage) -> set[Path]:
    """What is being recorded, or was and is kept for a while."""
    return set((stage.config.var / "prompts").glob("*.wav16"))


async def recorded(stage: Stage, seconds: float, but: Collection[Path] = ()) -> Path:
    """So much is in the file that grows now, which is none of `but`."""

    async def look() -> list[Path]:
        return [file for file in sounds(stage) - set(but) if file.stat().st_size > 32_000 * seconds]

    (file,) = await until(f"{seconds} s of sound", look)
    return file


async def cancels(call: Call) -> None:
    """Ends the recording, and wants none: again and again, as no key is heard while a word is spoken."""

    async def over() -> bool:
        with suppress(PhoneError):  # it is over
            await call.press("#")
            await call.press("3")
        return any(event.kind == "bye" for event in call.result().events)

    await until("the end of the call", over)


async def test_a_prompt_recorded_by_telephone_is_a_file_of_the_site_and_sounds_as_it_was_spoken(stage: Stage) -> None:
    spoken = stage.home / "spoken.wav"
    write_wav(spoken, tone(700, 10.0))
    recorder = await Recorder.start(stage, "welcome")
    call = await speaking(stage, await recorder.dial(), spoken)
    answered = await call.next("answered")
    await recorded(stage, 2)
    await call.press("#")
    await call.press("1")
    assert (await call.done(60)).outcome == "completed"
    ended = await call.next("digit")
    status, said = await recorder.end()
    assert status == 0, said
    assert "  welcome:\n    en: {file: sounds/en/welcome.wav}\nthen: cti dialplan apply" in said
    samples, rate = soundfile.read(str(stage.home / "sounds/en/welcome.wav"))
    assert rate == 16_000
    assert 1.9 < len(samples) / rate < (ended.at - answered.at).total_seconds() + 0.5
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
    call = await speaking(stage, code, spoken)
    await recorded(stage, 1)
    await gone([call])  # cut off in the middle: the code can be dialled again
    before = sounds(stage)
    call = await speaking(stage, code, spoken)
    file = await recorded(stage, 2, but=before)
    await call.press("#")
    await call.press("2")

    async def again() -> bool:
        return file.stat().st_size < 1.5 * 32_000

    await until("another recording in the place of the first", again)
    await cancels(call)
    assert (await call.done(60)).outcome == "completed"
    status, said = await recorder.end()
    assert (status, "nothing was kept" in said) == (4, True), said
    assert not (stage.home / "sounds/en/goodbye.wav").exists()
    assert "0 results found" in await ask_asterisk(stage, asterisk, "database show cti-record")
    assert (await (await speaking(stage, code, spoken)).done(60)).outcome == "completed"  # told, and hung up
    assert list((stage.config.var / "prompts").iterdir()) == []


async def test_the_street_cannot_record(stage: Stage) -> None:
    recorder = await Recorder.start(stage, "street")
    call = await stage.call(Customer(did=await recorder.dial()))
    assert (await call.done()).code == 404
    recorder.process.send_signal(2)
    status, said = await recorder.end()
    assert (status, "withdrawn" in said) == (4, True), said

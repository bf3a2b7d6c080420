"""The walk on paper and the real Asterisk agree: generated sites, generated calls, with an engine and without.

Every pair is a call over SIP into the rendered dialplan of the generated houses (three private Asterisks, one of them
without an engine), and the same call walked. Their paths, prompts, destinations and outcomes are the same.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from pathlib import Path

import pytest
from generated import AGENT, SEED, Pair, generate, on_paper, site_text

from cti.core.walk import Staff
from cti.core.walked import Walked, differences
from cti.pbx import Installation
from cti.phones import tone, write_wav
from cti.site.load import load_site
from cti.stage.call_case import Case, Doing, Expected, Heard
from cti.stage.call_tests import CallTests, Right

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(400)]  # 50 s alone, 150 s where others want the processors too

PAIRS = 200
AT_ONCE = 40


def test_paper_and_asterisk_agree_on_generated_calls_of_generated_sites(asterisk: Installation, tmp_path: Path) -> None:
    pairs = generate(tmp_path, PAIRS)
    assert len(pairs) == PAIRS
    assert sum(not pair.caller.engine for pair in pairs) == PAIRS // 2
    write_wav(tmp_path / "tone.wav", tone(600, 0.2))
    (tmp_path / "site.yaml").write_text(site_text({pair.house.name: pair.house for pair in pairs}.values()))
    site = load_site(tmp_path / "site.yaml")
    paper = [on_paper(site, pair).walked for pair in pairs]
    overrides = {name: value for pair in pairs for name, value in pair.house.overrides.items()}
    cases = [
        Case(
            did=pair.caller.did,
            at=pair.at,
            digits=pair.caller.digits,
            engine=pair.caller.engine,
            agents={AGENT: Doing.ANSWERS} if pair.caller.usually is Staff.FREE else {},
            overrides=overrides,
            hangs_up=pair.caller.hangs_up,
            expect=Expected(destination=walked.destination, outcome=walked.outcome),
        )
        for pair, walked in zip(pairs, paper, strict=True)
    ]
    begun = time.monotonic()
    heard = asyncio.run(_call(tmp_path, cases, lambda index, one: one.walked == paper[index]))
    print(f"{len(heard)} calls in {time.monotonic() - begun:.0f} s; they ended at", Counter(w.outcome for w in paper))
    print(f"{sum(one.calls > 1 for one in heard)} were called again")
    wrong = [_told(*one) for one in zip(pairs, paper, heard, strict=True) if one[1] != one[2].walked]
    assert not wrong, f"seed {SEED}, {len(wrong)} of {len(pairs)} disagree:\n" + "\n\n".join(wrong[:10])


async def _call(folder: Path, cases: list[Case], right: Right) -> list[Heard]:
    candidate = folder / "candidate"
    candidate.mkdir()
    for name in ("site.yaml", "tone.wav"):
        (candidate / name).write_bytes((folder / name).read_bytes())
    async with CallTests(folder / "ground", at_once=AT_ONCE) as tests:
        return await tests.run(candidate, cases, {AGENT: {}}, right=right)


def _told(pair: Pair, paper: Walked, heard: Heard) -> str:
    caller, walked = pair.caller, heard.walked
    lines = [f"{caller} at {pair.at}, overridden {pair.house.overrides}"]
    lines += [f"  paper    {paper}", f"  asterisk {walked}"]
    lines += [f"  {line}" for line in differences(paper, walked)]
    return "\n".join([*lines, f"  note: {heard.note}", f"  {json.dumps(pair.house.sections, ensure_ascii=False)}"])

"""Two instances on one machine at once, with the same numbers and the same agents, know nothing of each other."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from scene import at_work, caller, hang_up, house, rung, take, told

from cti.errors import CtiError
from cti.pbx import Installation
from cti.stage import Stage

pytestmark = pytest.mark.pbx

SITE = """
numbers: {"40011": {to: "queue:sales"}}
queues: {sales: {steps: [{after: 0, need: {sales: 1}}], overflow: hangup}}
"""
AGENTS = {"1001": "sales=1"}


async def one_call(stage: Stage, number: str) -> None:
    """A call that is taken by 1001, and that this instance tells of."""
    async with at_work(stage, "1001"):
        call = await stage.call(caller("40011", number))
        await hang_up(stage, await take(stage, "1001", number))
        assert (await call.done()).hung_up_by == "far_side"
        (row,) = await told(stage, number=number)
    assert (row["outcome"], row["agent"]) == ("answered", "1001")


async def _open(stack: AsyncExitStack, home: Path) -> Stage:
    stage = await stack.enter_async_context(house(home, SITE, AGENTS))
    await stage.serve()
    return stage


async def test_two_instances_serve_the_same_number_side_by_side(asterisk: Installation, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        east, west = [await _open(stack, tmp_path / name) for name in ("east", "west")]
        states = [json.loads(await stage.cti("pbx", "status", "--json")) for stage in (east, west)]
        assert len({state["pid"] for state in states}) == 2
        await asyncio.gather(one_call(east, "13850000001"), one_call(west, "13850000002"))
        assert (rung(east, "1001", "13850000002"), rung(west, "1001", "13850000001")) == (0, 0)
        for stage in (east, west):
            assert len((await stage.get("/api/calls"))["calls"]) == 1
        await east.stop_engine()
        await east.cti("pbx", "down")
        with pytest.raises(CtiError, match="pbx status ended with 5"):
            await east.cti("pbx", "status")
        await one_call(west, "13850000003")

"""A key pressed on a supervisor's phone becomes an override, or is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from cti.core.schedule import Schedule, Span, make_schedule
from cti.core.schedule_override import parse_override
from cti.engine.schedule_code import ScheduleCode
from cti.errors import AgiRefused, NotFound

WEEK = {day: [Span(480, 1080)] for day in range(1, 8)}
SCHEDULES = {"office": make_schedule("office", "UTC", WEEK), "never": make_schedule("never", "UTC", {})}


def named(name: str) -> Schedule:
    if name not in SCHEDULES:
        raise NotFound(name)
    return SCHEDULES[name]


class Session:
    def __init__(self, *args: str) -> None:
        self.args: Sequence[str] = args
        self.said: Mapping[str, str] = {}

    async def finish(self, pairs: Sequence[tuple[str, str]]) -> None:
        self.said = dict(pairs)


async def said(*args: str) -> str:
    session = Session(*args)
    await ScheduleCode(named).serve(session)
    return session.said["CTI_OVERRIDE"]


@pytest.mark.parametrize(
    ("key", "opened", "kind"),
    [("1", True, "period"), ("2", False, "period"), ("3", True, "undone"), ("4", False, "undone")],
)
async def test_each_key_is_a_state(key: str, opened: bool, kind: str) -> None:
    override = parse_override(await said("name=office", f"key={key}", "by=phone-1001"))
    assert override is not None
    assert (override.open, override.kind, override.by) == (opened, kind, "phone-1001")
    assert (override.until is None) == (kind == "undone")


async def test_zero_takes_it_back() -> None:
    assert await said("name=office", "key=0", "by=phone-1001") == "none"


@pytest.mark.parametrize("args", [("name=never", "key=1"), ("name=gone", "key=3")])
async def test_what_cannot_be_is_refused(args: tuple[str, str]) -> None:
    assert await said(*args, "by=phone-1001") == "refused"


@pytest.mark.parametrize(
    "args",
    [
        (),
        ("name=office", "key=5", "by=x"),
        ("name=office", "key=1"),
        ("name=office", "key=1", "by=x", "by=y"),
        ("name=office", "key=1", "by=x", "state=open"),
    ],
)
async def test_what_our_dialplan_never_sends_is_refused(args: tuple[str, ...]) -> None:
    with pytest.raises(AgiRefused):
        await said(*args)

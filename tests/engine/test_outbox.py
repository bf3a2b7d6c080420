"""Thousands of actions at once go out in order, paced by the answers."""

from __future__ import annotations

import asyncio

from cti.engine.outbox import Outbox


class Line:
    """A line that takes actions and answers when told; `refuses` those that it does not take."""

    def __init__(self, refuses: tuple[str, ...] = ()) -> None:
        self.sent: list[str] = []
        self.open: list[asyncio.Future[None]] = []
        self.refuses = refuses
        self.most = 0

    def post(self, action, headers):
        if action in self.refuses:
            return None
        self.sent.append(action)
        self.open.append(asyncio.get_running_loop().create_future())
        self.most = max(self.most, len(self.open))
        return self.open[-1]

    async def answer(self, count: int, error: Exception | None = None) -> None:
        for future in [self.open.pop(0) for _ in range(count)]:
            future.set_exception(error) if error else future.set_result(None)
            if error:
                future.exception()
        await asyncio.sleep(0)


async def test_two_thousand_at_once_go_out_in_order_and_few_are_unanswered():
    line = Line()
    box = Outbox(line.post, in_flight=64)
    for number in range(2000):
        box.put(str(number), {})
    assert len(line.sent) == 64
    while line.open:
        await line.answer(min(7, len(line.open)))
    assert line.sent == [str(number) for number in range(2000)]
    assert line.most == 64


async def test_an_answer_that_says_no_makes_room_as_well():
    line = Line()
    box = Outbox(line.post, in_flight=1)
    box.put("a", {})
    box.put("b", {})
    await line.answer(1, RuntimeError("no"))
    assert line.sent == ["a", "b"]


async def test_what_the_line_does_not_take_holds_nothing_up():
    line = Line(refuses=("b",))
    box = Outbox(line.post, in_flight=1)
    for action in ("a", "b", "c"):
        box.put(action, {})
    await line.answer(1)
    assert line.sent == ["a", "c"]


async def test_what_waits_when_the_line_goes_down_is_forgotten():
    line = Line()
    box = Outbox(line.post, in_flight=1)
    for action in ("a", "b", "c"):
        box.put(action, {})
    assert box.clear() == 2
    await line.answer(1, ConnectionError("down"))
    assert line.sent == ["a"]
    box.put("d", {})
    assert line.sent == ["a", "d"]


async def test_it_is_idle_when_all_is_answered():
    line = Line()
    box = Outbox(line.post, in_flight=1)
    await box.idle()
    box.put("a", {})
    box.put("b", {})
    waiting = asyncio.create_task(box.idle())
    await line.answer(1)
    assert not waiting.done()
    await line.answer(1)
    await waiting

"""A task that ends badly must not leave a process that looks alive and does half of its work."""

import asyncio

import pytest

from cti.app.tasks import tasks


async def fail():
    raise LookupError("the journal is gone")


async def test_a_task_that_fails_ends_the_block_with_its_error_and_all_the_others():
    ended = []

    async def other():
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("other")

    async def block():
        async with tasks() as start:
            start(other(), "other")
            await asyncio.sleep(0)  # a task that never began has nothing to end
            start(fail(), "importer")
            await asyncio.Event().wait()

    with pytest.raises(LookupError, match="journal is gone"):
        await block()
    assert ended == ["other"]


async def test_tasks_end_with_their_block_and_one_that_is_done_ends_nothing():
    async def done():
        return None

    async with tasks() as start:
        start(done(), "done")
        start(asyncio.Event().wait(), "endless")
        await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task.get_name() == "endless"] == []


async def test_a_block_that_is_cancelled_from_outside_is_cancelled_and_not_failed():
    async def block():
        async with tasks() as start:
            start(asyncio.Event().wait(), "endless")
            await asyncio.Event().wait()

    running = asyncio.create_task(block())
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

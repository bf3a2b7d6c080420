"""Messages and the work that follows as rows: folded from journals in any order, rebuilt from nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from cti.backlog import Backlog
from cti.core.voicemail import MailState, MessageState
from cti.core.work_item import FollowUpRules, WorkSignal, WorkState
from cti.db.store import Store
from cti.db.voicemail import Mailboxes, MessageFilter, Sight, WorkFilter
from cti.db.work import WorkRules
from cti.errors import NotFound
from cti.journal.engine_log import EngineJournal
from cti.journal.importer import Importer
from cti.site.follow_up import line_name, spellings
from cti.stage.bench_journals import write_journals

ZERO = 1_795_300_000
RULES = WorkRules(
    of_queue=lambda _: FollowUpRules(due=lambda at: at + timedelta(hours=1), after_seconds=1, talk_seconds=4),
    spellings=lambda number: spellings(number, "CN"),
    line_name=lambda number: line_name(number, "CN"),
)


@pytest.fixture
async def worked(store, day):
    """A database with rules, and a day's journals that are imported into it."""
    store.work = RULES
    return store, Importer(day.files, store), Mailboxes(store.database)


def _dialled(cel: str, call: str, number: str) -> str:
    """The day's channels all have the hotline as their extension: the lines of this one get what was dialled."""
    lines = [
        line.replace('"4008001234"', f'"{number}"') if f'"{call}","{call}"' in line else line
        for line in cel.splitlines()
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture
def messages(day):
    """Writes the journal of messages."""
    journal = EngineJournal(day.files.voicemail)

    def tell(kind: str, second: float, message: str, **values) -> None:
        journal.append(kind, datetime.fromtimestamp(second, UTC), message=message, **values)

    def leave(message: str, second: float, **values) -> None:
        usual = {"box": "sales", "context": "default", "folder": "INBOX", "seconds": 4.0, "number": "13800000000"}
        usual |= {"name": "", "did": "4008001234", "queue": "sales", "conversation": "", "mail_to": ""}
        received = datetime.fromtimestamp(second, UTC)
        tell("message", second + 1, message, received=received, **usual | values)

    tell.leave = leave
    return tell


def lose(day, second: int, number: str) -> str:
    """A caller who gives up after half a minute."""
    call = f"{second}.7"
    day.cel(second, call, call, "CHAN_START", "from-trunk", "PJSIP/itsp-00000007", number)
    day.queue_log(second + 1, call, "NONE", "ENTERQUEUE", "", number, 1)
    day.queue_log(second + 31, call, "NONE", "ABANDON", 1, 1, 30)
    day.cel(second + 31, call, call, "CHAN_END")
    day.cel(second + 31, call, call, "LINKEDID_END")
    return call


def answer(day, second: int, number: str) -> str:
    """A caller who talks for five seconds."""
    call = f"{second}.8"
    day.cel(second, call, call, "CHAN_START", "from-trunk", "PJSIP/itsp-00000008", number)
    day.queue_log(second + 1, call, "NONE", "ENTERQUEUE", "", number, 1)
    day.talk(second, call, f"{second}.9", "1001")
    day.cel(second + 9, call, call, "CHAN_END")
    day.cel(second + 9.1, call, call, "LINKEDID_END")
    return call


async def test_a_lost_call_is_work_until_the_same_line_is_answered_however_it_is_spelled(worked, day):
    _, importer, boxes = worked
    lost = lose(day, ZERO, "13901230001")
    await importer.drain()
    (item,) = await boxes.work(WorkFilter())
    assert (item.id, item.number, item.queue, item.state) == (lost, "13901230001", "sales", WorkState.OPEN)
    found = answer(day, ZERO + 600, "+8613901230001")
    await importer.drain()
    assert await boxes.work(WorkFilter()) == []
    (item,) = await boxes.work(WorkFilter(state="done"))
    assert (item.id, item.closed_by, item.number) == (lost, found, "13901230001")


async def test_a_call_back_that_an_agent_dialled_closes_it(worked, day):
    _, importer, boxes = worked
    lost, call = lose(day, ZERO, "13901230001"), f"{ZERO + 600}.1"
    day.cel(ZERO + 600, call, call, "CHAN_START", "from-agent", "PJSIP/1002-00000001", "1002")
    leg = f"{ZERO + 600}.2"
    day.cel(ZERO + 601, leg, call, "CHAN_START", "from-trunk", "PJSIP/itsp-00000002", "")
    for event, second in (("BRIDGE_ENTER", 605), ("BRIDGE_EXIT", 625)):
        for channel in (call, leg):
            day.cel(ZERO + second, channel, call, event, extra='{"bridge_id":"b"}')
    for channel in (call, leg):
        day.cel(ZERO + 626, channel, call, "CHAN_END")
    day.files.cel.write_text(_dialled(day.files.cel.read_text(), call, "013901230001"))
    await importer.drain()
    (item,) = await boxes.work(WorkFilter(state="done"))
    assert (item.id, item.closed_by, item.by) == (lost, call, "1002")


async def test_a_message_is_followed_through_folders_and_its_mail(worked, messages):
    _, importer, boxes = worked
    messages.leave("sales-1", ZERO, mail_to="sales@example.invalid", conversation="c1")
    await importer.drain()
    (message,) = await boxes.messages(MessageFilter())
    assert (message.state, message.mail, message.seconds) == (MessageState.NEW, MailState.WAITING, 4.0)
    assert await boxes.unmailed() == [message]
    messages("mailed", ZERO + 5, "sales-1", sent=True, error="")
    messages("message_moved", ZERO + 6, "sales-1", folder="Old")
    await importer.drain()
    assert [one.mail for one in await boxes.messages(MessageFilter(state="heard"))] == [MailState.SENT]
    messages("message_moved", ZERO + 7, "sales-1", folder="")
    await importer.drain()
    assert await boxes.messages(MessageFilter()) == []
    assert (await boxes.message("sales-1")).state is MessageState.DELETED
    assert await boxes.known() == {"sales-1": ""}
    (item,) = await boxes.work(WorkFilter())  # nobody has called back yet
    assert (item.id, item.messages) == ("c1", ("sales-1",))


async def test_a_message_told_twice_is_one_message_and_one_item(worked, messages):
    _, importer, boxes = worked
    for _ in range(2):
        messages.leave("sales-1", ZERO, mail_to="a@example.invalid")
        messages("mailed", ZERO + 5, "sales-1", sent=True, error="")
        await importer.drain()
    (item,) = await boxes.work(WorkFilter())
    assert item.messages == ("sales-1",)
    assert await boxes.unmailed() == []


async def test_what_people_did_counts_also_when_it_was_read_before_the_call(worked, day, messages):
    _, importer, boxes = worked
    lost = f"{ZERO}.7"
    day.tell("work", ZERO + 60, call=lost, item=lost, signal=WorkSignal.ASSIGN, by="boss", owner="1001", note="")
    await importer.drain()
    assert await boxes.work(WorkFilter()) == []
    assert lose(day, ZERO, "13901230001") == lost
    await importer.drain()
    (item,) = await boxes.work(WorkFilter(owner="1001"))
    assert (item.state, item.by) == (WorkState.ASSIGNED, "boss")
    day.tell("work", ZERO + 90, call=lost, item=lost, signal=WorkSignal.DONE, by="1001", owner="", note="spam")
    await importer.drain()
    assert (await boxes.work_item(lost)).note == "spam"


async def test_a_withheld_number_has_one_item_for_each_message(worked, messages):
    _, importer, boxes = worked
    messages.leave("sales-1", ZERO, number="", conversation="c1")
    messages.leave("sales-2", ZERO + 9, number="", conversation="c2")
    await importer.drain()
    assert [item.id for item in await boxes.work(WorkFilter())] == ["c1", "c2"]
    assert (await boxes.work_item("sales-2")).id == "c2"
    with pytest.raises(NotFound):
        await boxes.work_item("sales-3")


async def test_an_agent_sees_the_own_box_and_the_own_queues(worked, messages):
    _, importer, boxes = worked
    messages.leave("sales-1", ZERO)
    messages.leave("service-1", ZERO, box="service", queue="service", number="13800000001")
    messages.leave("1001-1", ZERO, box="1001", context="agents", queue="")
    messages.leave("1002-1", ZERO, box="1002", context="agents", queue="")
    await importer.drain()
    sight = Sight(agent="1001", queues=frozenset({"service"}))
    assert {one.id for one in await boxes.messages(MessageFilter(sight=sight))} == {"service-1", "1001-1"}
    assert [item.queue for item in await boxes.work(WorkFilter(sight=sight))] == ["service"]


async def test_the_same_journals_give_the_same_rows_in_whatever_pieces_they_are_read(
    worked, day, messages, new_database, exported
):
    store, importer, _ = worked
    for number in range(6):
        call = lose(day, ZERO + 60 * number, f"1390000000{number % 2}")
        if number == 3:
            messages.leave("sales-9", ZERO + 200, conversation=call, number="13900000001", mail_to="a@example.invalid")
            day.tell("work", ZERO + 250, call=call, item=call, signal=WorkSignal.ASSIGN, by="b", owner="1001", note="n")
        answer(day, ZERO + 60 * number + 15, f"+861390000000{number % 3}")
        await importer.step()
    messages("mailed", ZERO + 700, "sales-9", sent=False, error="550 no")
    await importer.drain()
    rebuilt = Store(new_database())
    async with rebuilt:
        rebuilt.work = RULES
        await Importer(day.files, rebuilt, chunk_bytes=700).drain()
        assert await exported(rebuilt) == await exported(store)
        assert '"table": "work_items"' in await exported(rebuilt)


async def test_mail_waits_until_all_that_was_told_of_messages_is_stored_and_for_nothing_else(worked, day, messages):
    """After a rebuild a mail that was sent long ago must not go out again; busy journals must not hold up new ones."""
    store, _, boxes = worked
    for number in range(30):
        messages.leave(f"sales-{number}", ZERO + number, mail_to="a@example.invalid")
        messages("mailed", ZERO + number, f"sales-{number}", sent=True, error="")
    importer = Importer(day.files, store, chunk_bytes=700)
    while not importer.caught_up.is_set():
        day.call(int(importer.refused.get("", 0)))  # calls go on meanwhile
        assert await importer.step() > 0
    assert (len(await boxes.known()), await boxes.unmailed()) == (30, [])


async def test_the_items_of_many_numbers_at_once_are_those_of_one_after_the_other(new_database, tmp_path, exported):
    files, _ = write_journals(tmp_path / "journals", 150)
    text = files.engine.read_text().splitlines()
    lost = [orjson.loads(line)["call"] for line in text if '"left"' in line][:6]
    with files.engine.open("ab") as engine:
        for number, call in enumerate(lost):  # taken, or done by hand
            signal = WorkSignal.ASSIGN if number % 2 else WorkSignal.DONE
            said = {"item": f"{call}", "signal": signal.value, "by": "1001", "owner": "1001", "note": ""}
            at = f"2026-11-22T12:00:0{number}+00:00"
            engine.write(orjson.dumps({"kind": "work", "at": at, "call": call, **said}) + b"\n")
    async with Store(new_database()) as at_once, Store(new_database()) as slowly, Store(new_database()) as anew:
        at_once.work = slowly.work = anew.work = RULES
        await Backlog(files, at_once, worth=1, workers=1).drain()
        await Importer(files, slowly, chunk_bytes=5_000).drain()
        await Importer(files, anew).drain()
        await anew.refold_all()
        items = [line for line in (await exported(at_once)).splitlines() if '"table": "work_items"' in line]
        assert len(items) > 10
        assert await exported(at_once) == await exported(slowly) == await exported(anew)

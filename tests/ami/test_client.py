"""The client against a scripted lying Asterisk. Each fault of panoramisk (FACTS) has a test of its name."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

import pytest

from cti.ami.client import LinkState
from cti.ami.link import MAX_PENDING
from cti.ami.pending import NoAnswer
from cti.errors import ActionFailed, AmiError, NotConnected

from .conftest import QUICK, Action, Connect, Line, LyingAsterisk, listing, say

SILENT = lambda _: b""  # noqa: E731  # an answer that never comes


async def test_originate_without_an_async_header_is_answered(asterisk: LyingAsterisk, connect: Connect) -> None:
    asterisk.answers["Originate"] = lambda a: say(
        Response="Success", ActionID=a["ActionID"], Message="Originate successfully queued"
    )
    line = await connect()
    answer = await line.client.send("Originate", {"Channel": "PJSIP/1001"})
    assert answer.get("Message") == "Originate successfully queued"
    assert line.client.state is LinkState.UP


async def test_the_late_event_of_an_originate_is_delivered(asterisk: LyingAsterisk, connect: Connect) -> None:
    line = await connect()
    answer = await line.client.send("Originate", {"Async": "true"})
    asterisk.tell(say(Event="OriginateResponse", ActionID=answer.get("ActionID"), Uniqueid="9"))
    await line.until("OriginateResponse 9")


async def test_queue_add_resolves_although_its_text_looks_like_a_list(
    asterisk: LyingAsterisk, connect: Connect
) -> None:
    asterisk.answers["QueueAdd"] = lambda a: say(
        Response="Success", ActionID=a["ActionID"], Message="Added interface to queue"
    )
    line = await connect()
    assert (await line.client.send("QueueAdd", {"Queue": "sales"})).rows == ()


async def test_no_two_pending_actions_have_one_action_id(asterisk: LyingAsterisk, connect: Connect) -> None:
    line = await connect()
    await asyncio.gather(*(line.client.send("QueuePause", {"Paused": "true"}) for _ in range(50)))
    ids = [action["ActionID"] for action in asterisk.got]
    assert len(set(ids)) == len(ids)


async def test_an_action_while_down_fails_at_once_and_is_never_replayed(
    asterisk: LyingAsterisk, connect: Connect
) -> None:
    line = await connect()
    asterisk.writers[-1].close()
    await line.until("down")
    with pytest.raises(NotConnected):
        await line.client.send("Originate", {"Channel": "PJSIP/1001"})
    line.client.post("Originate", {"Channel": "PJSIP/1002"})
    await line.client.wait_up()
    await asterisk.heard("Ping", 2)
    assert b"Originate" not in asterisk.raw


async def test_an_action_without_an_answer_is_not_sent_again_after_a_reconnect(
    asterisk: LyingAsterisk, connect: Connect
) -> None:
    asterisk.answers["Originate"] = SILENT
    line = await connect()
    waiting = asyncio.create_task(line.client.send("Originate", {"Channel": "PJSIP/1001"}))
    await asterisk.heard("Originate")
    asterisk.writers[-1].close()
    with pytest.raises(NoAnswer):
        await waiting
    await line.client.wait_up()
    await line.client.send("Ping")
    assert asterisk.raw.count(b"Originate") == 1


async def test_a_hung_peer_is_noticed(asterisk: LyingAsterisk, connect: Connect) -> None:
    line = await connect(timing=replace(QUICK, pong=0.2))
    asterisk.answers["Ping"] = SILENT
    await line.until("down")
    assert "Ping" in line.client.why
    del asterisk.answers["Ping"]
    await line.client.wait_up()


async def test_pongs_that_answer_no_ping_of_ours_do_not_hide_a_hung_peer(
    asterisk: LyingAsterisk, connect: Connect
) -> None:
    pong = say(Response="Success", Ping="Pong") + say(Response="Success", ActionID="1", Ping="Pong")
    asterisk.answers["Ping"] = lambda _: pong * 3
    line = await connect(timing=replace(QUICK, pong=0.2))
    asterisk.tell(pong)
    await line.until("down")
    await line.until_down_because("Ping")


async def test_an_exception_in_the_callback_costs_one_event_only(
    asterisk: LyingAsterisk, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    line = await connect()

    def fail(message: object) -> None:
        raise ValueError("a subscriber's fault")

    line.wrong = fail
    asterisk.tell(say(Event="Hangup", Uniqueid="1") + say(Event="Hangup", Uniqueid="2"))
    await line.until("Hangup 1", "Hangup 2")
    await line.client.send("QueuePause")
    assert line.seen.count("down") == 0
    assert "a subscriber's fault" in caplog.text


async def test_merged_events_do_not_drop_the_connection(asterisk: LyingAsterisk, connect: Connect) -> None:
    line = await connect()
    asterisk.tell(b"Event: Hangup\r\nUniqueid: 1\r\nEvent: Hangup\r\nUniqueid: 2\r\n\r\n")
    asterisk.tell(say(Event="Hangup", Uniqueid="3"))
    await line.until("Hangup 3")
    assert "down" not in line.seen


async def test_a_character_split_over_segments_arrives_whole(asterisk: LyingAsterisk, connect: Connect) -> None:
    line = await connect()
    asterisk.tell("Event: Hangup\r\nUniqueid: 张".encode()[:-1])
    await asterisk.writers[-1].drain()
    asterisk.tell("张".encode()[-1:] + b"\r\n\r\n")
    await line.until("Hangup 张")


@pytest.mark.parametrize("bad", ["1\r\nAction: Originate", "1\n", "1\0"])
async def test_cr_lf_and_nul_never_go_out(asterisk: LyingAsterisk, connect: Connect, bad: str) -> None:
    line = await connect()
    with pytest.raises(AmiError, match="cannot be sent"):
        await line.client.send("Hangup", {"Channel": bad})
    line.client.post("Hangup", {"Channel": bad})
    await line.client.send("QueuePause")
    assert b"Hangup" not in asterisk.raw
    assert line.client.state is LinkState.UP


async def test_a_wrong_password_is_reported_loudly_and_retried_slowly(
    asterisk: LyingAsterisk, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    line = await connect(wait=False, password="wrong", timing=replace(QUICK, refused_retry=60))
    await asterisk.heard("Login")
    await line.until_down_because("Authentication failed", state="refused")
    assert [r.levelno for r in caplog.records if "Authentication failed" in r.message] == [logging.ERROR]
    assert asterisk.logins == 1
    with pytest.raises(NotConnected, match="refused"):
        await line.client.send("Ping")


async def test_a_login_refused_because_asterisk_is_shutting_down_is_soon_tried_again(
    asterisk: LyingAsterisk, connect: Connect
) -> None:
    asterisk.answers["Login"] = lambda a: say(
        Response="Error", ActionID=a["ActionID"], Message="Asterisk is shutting down"
    )
    line = await connect(wait=False, timing=replace(QUICK, refused_retry=60))
    await asterisk.heard("Login", 2)
    assert line.client.state is not LinkState.REFUSED
    del asterisk.answers["Login"]
    await line.client.wait_up()


async def test_a_refused_account_comes_up_when_it_is_mended(asterisk: LyingAsterisk, connect: Connect) -> None:
    asterisk.password = "new"
    line = await connect(wait=False, password="later")
    await asterisk.heard("Login", 2)
    asterisk.password = "later"
    await line.client.wait_up()


async def test_events_reach_the_callback_in_their_order(asterisk: LyingAsterisk, connect: Connect) -> None:
    line = await connect()
    asterisk.tell(b"".join(say(Event="Hangup", Uniqueid=str(n)) for n in range(500)))
    await line.until("Hangup 499")
    assert line.seen[1:] == [f"Hangup {n}" for n in range(500)]


async def test_a_uniqueid_stays_opaque_text(asterisk: LyingAsterisk, connect: Connect) -> None:
    line = await connect()
    asterisk.tell(say(Event="Hangup", Uniqueid="node-7-1700000000.0010"))
    await line.until("Hangup node-7-1700000000.0010")


async def test_events_during_the_resync_follow_the_snapshot(asterisk: LyingAsterisk, connect: Connect) -> None:
    row = {"Event": "CoreShowChannel", "Uniqueid": "1"}

    def slow(action: Action) -> bytes:
        early = say(Event="Newchannel", Uniqueid="2") + say(Event="VarSet", Uniqueid="2")
        start, end = listing(action, row).split(b"Event: CoreShowChannelsComplete")
        return early + start + say(Event="Hangup", Uniqueid="1") + b"Event: CoreShowChannelsComplete" + end

    asterisk.answers["CoreShowChannels"] = slow
    line = await connect()
    assert await line.until("Hangup 1") == ["up 1", "Newchannel 2", "Hangup 1"]


async def test_the_resync_asks_for_its_lists_in_order(asterisk: LyingAsterisk, connect: Connect) -> None:
    await connect()
    names = [action["Action"] for action in asterisk.got]
    assert names[:4] == ["Login", "CoreShowChannels", "QueueStatus", "DeviceStateList"]


async def test_eof_in_the_middle_of_a_message_leads_to_a_resync(asterisk: LyingAsterisk, connect: Connect) -> None:
    line = await connect()
    asterisk.tell(b"Event: Hangup\r\nUniqueid: 1")
    asterisk.writers[-1].close()
    await line.until("down")
    assert "inside a message" in line.client.why
    await asterisk.heard("CoreShowChannels", 2)
    await line.client.wait_up()
    assert line.seen == ["up ", "down", "up "]


async def test_a_list_that_never_completes_begins_the_link_again(asterisk: LyingAsterisk, connect: Connect) -> None:
    asterisk.answers["CoreShowChannels"] = lambda a: listing(a).split(b"Event: ")[0]
    line = await connect(wait=False, timing=replace(QUICK, list=0.05))
    await asterisk.heard("Login", 2)
    assert line.seen == []
    del asterisk.answers["CoreShowChannels"]
    await line.client.wait_up()


async def test_a_shutdown_in_the_middle_of_a_list_is_survived(asterisk: LyingAsterisk, connect: Connect) -> None:
    asterisk.answers["CoreShowChannels"] = lambda a: listing(a).split(b"Event: ")[0] + say(Event="Shutdown")
    line = await connect(wait=False)
    await asterisk.heard("Login", 2)
    assert line.seen == []
    del asterisk.answers["CoreShowChannels"]
    await line.client.wait_up()


async def test_without_channels_there_is_no_snapshot_but_without_queues_there_is(
    asterisk: LyingAsterisk, connect: Connect
) -> None:
    asterisk.answers["QueueStatus"] = lambda a: say(Response="Error", ActionID=a["ActionID"], Message="unknown command")
    assert (await connect()).seen == ["up "]
    asterisk.answers["CoreShowChannels"] = asterisk.answers["QueueStatus"]
    blind = await connect(wait=False)
    await asterisk.heard("Login", 4)
    assert blind.seen == []


async def test_fully_booted_twice_changes_nothing(asterisk: LyingAsterisk, connect: Connect) -> None:
    line = await connect()
    asterisk.tell(say(Event="FullyBooted") * 2 + say(Event="Hangup", Uniqueid="1"))
    await line.until("Hangup 1")
    assert line.seen == ["up ", "Hangup 1"]


async def test_a_list_collects_its_rows_whatever_they_are_called(asterisk: LyingAsterisk, connect: Connect) -> None:
    rows = [{"Event": "ContactList", "Uri": str(n)} for n in range(3)]
    asterisk.answers["PJSIPShowContacts"] = lambda a: listing(a, *rows)
    line = await connect()
    answer = await line.client.send("PJSIPShowContacts")
    assert [row.get("Uri") for row in answer.rows] == ["0", "1", "2"]


async def test_a_cancelled_list_ends(asterisk: LyingAsterisk, connect: Connect) -> None:
    asterisk.answers["Status"] = lambda a: listing(a).replace(b"Complete\r\nListItems", b"cancelled\r\nListItems")
    line = await connect()
    with pytest.raises(ActionFailed, match="cancelled"):
        await line.client.send("Status")


async def test_a_list_whose_end_comes_before_its_beginning_ends(asterisk: LyingAsterisk, connect: Connect) -> None:
    def backwards(action: Action) -> bytes:
        start, end = listing(action).split(b"\r\n\r\n")[:2]
        return end + b"\r\n\r\n" + start + b"\r\n\r\n"

    asterisk.answers["Status"] = backwards
    line = await connect()
    assert (await line.client.send("Status")).rows == ()


async def test_answers_with_a_foreign_reused_or_missing_action_id_change_nothing(
    asterisk: LyingAsterisk, connect: Connect
) -> None:
    line = await connect()
    first = await line.client.send("QueuePause")
    noise = say(Response="Error", ActionID="foreign-1") + say(Response="Error") + first.message.raw + b"\r\n\r\n"
    asterisk.answers["QueueAdd"] = lambda a: noise + say(Response="Success", ActionID=a["ActionID"], Message="mine")
    assert (await line.client.send("QueueAdd")).get("Message") == "mine"
    assert line.client.state is LinkState.UP


async def test_an_answer_with_a_second_action_id_in_it_is_refused(asterisk: LyingAsterisk, connect: Connect) -> None:
    asterisk.answers["QueueAdd"] = lambda a: (
        f"Response: Error\r\nActionID: x\r\nActionID: {a['ActionID']}\r\n\r\n".encode()
        + say(Response="Success", ActionID=a["ActionID"])
    )
    line = await connect()
    assert (await line.client.send("QueueAdd")).get("Response") == "Success"


async def test_a_refused_action_says_why(asterisk: LyingAsterisk, connect: Connect) -> None:
    asterisk.answers["Hangup"] = lambda a: say(Response="Error", ActionID=a["ActionID"], Message="No such channel\n")
    line = await connect()
    with pytest.raises(ActionFailed, match="No such channel") as error:
        await line.client.send("Hangup", {"Channel": "x"})
    assert "\n" not in str(error.value)


async def test_a_posted_action_that_fails_is_logged(
    asterisk: LyingAsterisk, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    asterisk.answers["QueueAdd"] = lambda a: say(Response="Error", ActionID=a["ActionID"], Message="Already there")
    line = await connect()
    line.client.post("QueueAdd", {"Queue": "sales"})
    await asterisk.heard("QueueAdd")
    await line.client.send("QueuePause")
    assert "Already there" in caplog.text


async def test_an_action_past_its_deadline_ends_and_frees_its_place(asterisk: LyingAsterisk, connect: Connect) -> None:
    asterisk.answers["Status"] = SILENT
    line = await connect()
    with pytest.raises(NoAnswer, match=r"within 0\.01 s"):
        await line.client.send("Status", deadline_seconds=0.01)
    late = (await asterisk.heard("Status"))["ActionID"]
    asterisk.tell(say(Response="Success", ActionID=late))
    await line.client.send("QueuePause")
    assert line.client.state is LinkState.UP


async def test_no_more_than_a_bounded_number_of_actions_wait(asterisk: LyingAsterisk, connect: Connect) -> None:
    asterisk.answers["Status"] = SILENT
    line = await connect(timing=replace(QUICK, ping=30))
    waiting = [asyncio.create_task(line.client.send("Status", deadline_seconds=30)) for _ in range(MAX_PENDING)]
    await asterisk.heard("Status", MAX_PENDING)
    with pytest.raises(NotConnected, match="wait for an answer already"):
        await line.client.send("Status")
    waiting[0].cancel()
    await asyncio.gather(waiting[0], return_exceptions=True)
    await line.client.send("QueuePause")
    asterisk.writers[-1].close()
    assert {type(e) for e in await asyncio.gather(*waiting[1:], return_exceptions=True)} == {NoAnswer}


async def test_a_peer_that_does_not_read_is_dropped(connect: Connect, asterisk: LyingAsterisk) -> None:
    line = await connect(timing=replace(QUICK, ping=30))
    await send_without_rest(line)
    await line.until("down")
    assert "does not read" in line.client.why


async def send_without_rest(line: Line) -> None:
    """Post more than the buffers take before the peer gets a turn."""
    connection = line.client._connection
    assert connection is not None
    connection.protocol.transport.get_write_buffer_size = lambda: 300_000  # type: ignore[method-assign]
    with pytest.raises(NotConnected, match="does not read"):
        await line.client.send("QueuePause")


@pytest.mark.parametrize(
    ("banner", "says"),
    [
        (b"Asterisk Call Manager/1.1\r\n", "older"),
        (b"\x15\x03\x01\x00\x02", "TLS"),
        (b"220 mail\r\n", "not AMI"),
        (b"Event: A\r\nN: " + b"x" * 300_000, "not AMI"),
    ],
)
async def test_a_peer_that_is_not_ami_is_told_no_password(
    asterisk: LyingAsterisk, connect: Connect, banner: bytes, says: str
) -> None:
    good, asterisk.banner = asterisk.banner, banner
    line = await connect(wait=False)
    await line.until_down_because(says)
    assert asterisk.raw == b""
    asterisk.banner = good
    await line.client.wait_up()


async def test_a_stream_without_an_end_drops_the_link(asterisk: LyingAsterisk, connect: Connect) -> None:
    line = await connect()
    asterisk.tell(b"Event: Hangup\r\nX: " + b"x" * 2_000_000)
    await line.until("down")
    assert "no end" in line.client.why
    await line.client.wait_up()

"""Messages reach a real mail server on loopback, once; a server that will not take them is asked again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cti.core.voicemail import MailState, Message
from cti.stage.letterbox import Letterbox
from cti.voicemail.letter import Letterhead
from cti.voicemail.post import PAUSES, MailServer, Post
from cti.voicemail.spool import folders, messages_in

HEAD = Letterhead(sender="cti@example.invalid", site="华星汽车", language="zh", zone=ZoneInfo("Asia/Shanghai"))


class Told:
    """The journal of messages, in memory."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, bool, str]] = []

    def append(self, kind: str, at: datetime, **values) -> None:
        self.lines.append((values["message"], values["sent"], values["error"]))


@pytest.fixture
async def letterbox() -> AsyncIterator[Letterbox]:
    async with Letterbox() as box:
        yield box


@pytest.fixture
def message(spool) -> Message:
    spool.leave("sales")
    (place,) = folders(spool.root)
    found = messages_in(*place)[0].message
    return replace(found, mail_to="sales@example.invalid", mail=MailState.WAITING)


def posting(spool, letterbox, waiting: list[Message], head: Letterhead = HEAD) -> tuple[Post, Told]:
    async def read() -> list[Message]:
        return waiting

    told = Told()
    server = MailServer(host="127.0.0.1", port=letterbox.port)
    return Post(spool.root, told, read, server.send, lambda: head), told


async def test_a_letter_says_who_called_and_carries_the_sound(spool, letterbox, message):
    post, told = posting(spool, letterbox, [message])
    now = message.received
    assert [await post.step(now), await post.step(now)] == [1, 0]
    (letter,) = letterbox.letters
    assert (letter["To"], letter["From"]) == ("sales@example.invalid", "华星汽车 <cti@example.invalid>")
    assert letter["Subject"] == "sales 的语音留言：13901230001 Li Lei，3 秒"
    text = letter.get_body().get_content()
    assert "2026-11-22 " in text
    assert "4008001234" in text
    (sound,) = letter.iter_attachments()
    assert sound.get_content_type() == "audio/wav"
    assert sound.get_content()[44:] == b"\x01\x02" * 24_000
    assert told.lines == [(message.id, True, "")]


async def test_what_a_caller_wrote_cannot_become_a_header(spool, letterbox, message):
    evil = replace(message, name="x\r\nBcc: everybody@example.invalid", number="1\n2", box="sales")
    post, told = posting(spool, letterbox, [evil])
    await post.step(message.received)
    assert letterbox.letters == []
    assert [(sent, bool(error)) for _, sent, error in told.lines] == [(False, True)]


@pytest.mark.parametrize(
    ("verb", "answer"),
    [("RCPT", "450 later"), ("MAIL", "550 not you"), ("DATA", "451 no room"), ("EHLO", ""), ("DATA", "")],
)
async def test_a_server_that_will_not_take_it_now_is_asked_again_later(spool, letterbox, message, verb, answer):
    post, told = posting(spool, letterbox, [message])
    letterbox.answers[verb] = answer
    now = message.received
    for pause in PAUSES:
        assert await post.step(now) == 0
        assert await post.step(now + timedelta(seconds=pause - 1)) == 0
        now += timedelta(seconds=pause)
    assert told.lines == []
    letterbox.answers.clear()
    assert await post.step(now) == 1
    assert told.lines == [(message.id, True, "")]


async def test_no_server_at_all_is_a_reason_to_wait(spool, message):
    async with Letterbox() as gone:
        post, told = posting(spool, gone, [message])
    assert await post.step(message.received) == 0
    assert told.lines == []


@pytest.mark.parametrize(("verb", "answer"), [("RCPT", "550 no such user"), ("DATA", "552 too big")])
async def test_a_final_refusal_is_told_and_not_repeated(spool, letterbox, message, verb, answer):
    post, told = posting(spool, letterbox, [message])
    letterbox.answers[verb] = answer
    await post.step(message.received)
    await post.step(message.received + timedelta(days=1))
    ((_, sent, error),) = told.lines
    assert (sent, answer[:3] in error) == (False, True)


async def test_after_three_days_it_is_given_up(spool, letterbox, message):
    post, told = posting(spool, letterbox, [message])
    letterbox.answers["RCPT"] = "450 later"
    await post.step(message.received + timedelta(days=3))
    assert [sent for _, sent, _ in told.lines] == [False]


async def test_a_message_deleted_before_it_was_mailed_is_given_up(spool, letterbox, message):
    for file in spool.folder("sales").glob("msg*"):
        file.unlink()
    post, told = posting(spool, letterbox, [message])
    await post.step(datetime.now(UTC))
    assert ["no longer" in error for _, _, error in told.lines] == [True]


async def test_english_and_a_withheld_number(spool, letterbox, message):
    head = replace(HEAD, language="en", site="Huaxing")
    post, _ = posting(spool, letterbox, [replace(message, number="", name="")], head)
    await post.step(message.received)
    assert letterbox.letters[0]["Subject"] == "Voicemail for sales: number withheld, 3 s"

"""Scheduled reports reach a real mail server and a folder: once for each due time, whatever dies or moves meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cti.errors import StoreError
from cti.journal.engine_log import EngineJournal
from cti.reporting.courier import CATCH_UP, GIVE_UP, SETTLE, Courier
from cti.reporting.dispatch import alone
from cti.reporting.ledger import PAUSES, Ledger
from cti.reporting.scheduled import Made, making
from cti.site.load import load_site
from cti.site.model import Site
from cti.stage.letterbox import Letterbox
from cti.voicemail.post import MailServer

SHANGHAI = ZoneInfo("Asia/Shanghai")
SITE = """
site: {{name: 华星汽车, timezone: {zone}, languages: [zh, en]}}
queues: {{sales: {{overflow: hangup}}}}
reports:
  scheduled:
    - {{name: morning, report: queue, when: "{when}", to: [{to}], folder: out, formats: [html, csv]}}
"""


def local(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


SUNDAY_EVENING, MONDAY = local("2026-11-01 20:00"), local("2026-11-02 07:00") + SETTLE


class House:
    """A courier on an empty database; `restart` forgets everything that is not on disk."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.restart()

    def restart(self) -> None:
        self.courier = Courier(
            ledger=Ledger(self.folder / "reports.jsonl"),
            make=making(f"sqlite:///{self.folder / 'rows.sqlite'}"),
            send=MailServer(host="127.0.0.1", port=self.port).send,
            sender="cti@example.invalid",
            home=self.folder,
        )

    def site(self, when: str = "daily 07:00", to: str = "li@example.invalid", zone: str = "Asia/Shanghai") -> Site:
        path = self.folder / "site.yaml"
        path.write_text(SITE.format(when=when, to=to, zone=zone))
        return load_site(path)

    async def at(self, now: datetime, **said: str) -> int:
        return await self.courier.step(self.site(**said), now)


@pytest.fixture
async def letterbox() -> AsyncIterator[Letterbox]:
    async with Letterbox() as box:
        yield box


@pytest.fixture
def house(tmp_path, letterbox) -> House:
    return House(tmp_path, letterbox.port)


async def test_a_report_is_sent_to_its_address_and_folder_when_it_is_due(house, letterbox):
    assert await house.at(SUNDAY_EVENING) == 0
    assert await house.at(MONDAY - timedelta(seconds=1)) == 0  # the last journal lines may still come in
    assert await house.at(MONDAY) == 2
    (mail,) = letterbox.letters
    assert (mail["To"], mail["From"]) == ("li@example.invalid", "华星汽车 <cti@example.invalid>")
    assert mail["Subject"] == "各队列：来电、接通、等待与服务水平 2026-11-01 (morning)"
    text = mail.get_body().get_content()
    assert "时段: 2026-11-01 (Asia/Shanghai)" in text
    assert "Schedule: morning, daily 07:00" in text
    assert {part.get_filename() for part in mail.iter_attachments()} == {
        "morning-2026-11-01.html",
        "morning-2026-11-01.csv",
    }
    assert "entered" in (house.folder / "out" / "morning-2026-11-01.csv").read_text()


async def test_it_is_sent_once_over_restarts_and_a_clock_that_goes_back(house, letterbox):
    await house.at(SUNDAY_EVENING)
    await house.at(MONDAY)
    for later in (1, 3600, -7200, -86_400, 50_000):
        house.restart()
        assert await house.at(MONDAY + timedelta(seconds=later)) == 0
    assert len(letterbox.letters) == 1
    assert await house.at(MONDAY + timedelta(days=1)) == 2


async def test_a_kill_between_the_mail_servers_word_and_ours_gives_the_same_letter_again(house, letterbox, monkeypatch):
    await house.at(SUNDAY_EVENING)

    class Killed(Exception):
        pass

    real = Ledger.tell

    def killed(self: Ledger, name: str, to: str, due: datetime, what: str, *more: object, **said: str) -> object:
        if what == "sent":
            raise Killed
        return real(self, name, to, due, what, *more, **said)

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "tell", killed)
        with pytest.raises(Killed):
            await house.at(MONDAY)
    house.restart()
    await house.at(MONDAY + timedelta(minutes=1))
    assert [mail["Message-ID"] for mail in letterbox.letters] == [letterbox.letters[0]["Message-ID"]] * 2


async def test_on_a_full_disk_nothing_is_sent_instead_of_the_same_again_and_again(house, letterbox, monkeypatch):
    await house.at(SUNDAY_EVENING)

    def full(*_: object, **__: object) -> None:
        raise StoreError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(EngineJournal, "append", full)
        for second in range(3):
            with pytest.raises(StoreError):
                await house.at(MONDAY + timedelta(seconds=second))
    assert letterbox.letters == []
    assert await house.at(MONDAY + timedelta(seconds=10)) == 2


async def test_what_was_due_while_nobody_ran_is_made_up_for(house, letterbox):
    await house.at(SUNDAY_EVENING)
    house.restart()
    assert await house.at(MONDAY + timedelta(days=2)) == 6
    assert [mail["Subject"].split()[1] for mail in letterbox.letters] == ["2026-11-01", "2026-11-02", "2026-11-03"]


async def test_but_not_for_ever(house, letterbox):
    await house.at(SUNDAY_EVENING)
    await house.at(MONDAY + timedelta(days=60))
    assert len(letterbox.letters) == CATCH_UP.days


async def test_a_new_address_and_a_new_time_begin_with_the_next_due_time(house, letterbox):
    await house.at(SUNDAY_EVENING)
    await house.at(MONDAY)
    noon = MONDAY + timedelta(hours=5)
    await house.at(noon, to="li@example.invalid, wang@example.invalid")
    await house.at(noon, when="daily 06:00", to="wang@example.invalid")
    assert len(letterbox.letters) == 1
    tomorrow = MONDAY + timedelta(hours=23)
    assert await house.at(tomorrow, when="daily 06:00", to="wang@example.invalid") == 2
    assert [mail["To"] for mail in letterbox.letters] == ["li@example.invalid", "wang@example.invalid"]


async def test_a_report_that_was_taken_out_and_put_back_does_not_tell_of_the_time_between(house, letterbox):
    await house.at(SUNDAY_EVENING)
    empty = house.site().model_copy(update={"reports": house.site().reports.model_copy(update={"scheduled": {}})})
    await house.courier.step(empty, SUNDAY_EVENING)
    house.restart()
    assert await house.at(MONDAY + timedelta(days=2)) == 0


@pytest.mark.parametrize(("verb", "answer"), [("RCPT", "450 later"), ("DATA", "451 no room"), ("EHLO", "")])
async def test_a_failure_is_told_and_tried_again_with_growing_pauses(house, letterbox, verb, answer, caplog):
    await house.at(SUNDAY_EVENING)
    letterbox.answers[verb] = answer
    now = MONDAY
    for number, pause in enumerate(PAUSES, 1):
        await house.at(now)
        _, fate = house.courier.ledger.last("morning", "li@example.invalid")
        assert (fate.what, fate.attempts, bool(fate.error)) == ("failed", number, True)
        house.restart()  # the pause and the attempts are on disk
        await house.at(now + timedelta(seconds=pause - 1))
        assert house.courier.ledger.last("morning", "li@example.invalid")[1].attempts == number
        now += timedelta(seconds=pause)
    assert "the report morning to li@example.invalid waits until" in caplog.text
    letterbox.answers.clear()
    assert await house.at(now) == 1
    assert len(letterbox.letters) == 1


async def test_one_address_that_is_refused_keeps_it_from_nobody_else(house, letterbox):
    await house.at(SUNDAY_EVENING)
    letterbox.answers["RCPT"] = "550 no such user"
    assert await house.at(MONDAY) == 1  # into the folder
    _, fate = house.courier.ledger.last("morning", "li@example.invalid")
    assert (fate.what, "550" in fate.error) == ("gave_up", True)
    letterbox.answers.clear()
    assert await house.at(MONDAY + timedelta(hours=2)) == 0


async def test_after_three_days_it_is_given_up_and_told(house, letterbox, caplog):
    await house.at(SUNDAY_EVENING)
    letterbox.answers["RCPT"] = "450 later"
    await house.at(MONDAY)
    await house.at(MONDAY + GIVE_UP)
    fates = {due: fate.what for (_, to, due), fate in house.courier.ledger.fates.items() if "@" in to}
    assert fates[MONDAY - SETTLE] == "gave_up"
    assert "was given up" in caplog.text


async def test_a_folder_that_cannot_be_written_is_tried_again(house):
    await house.at(SUNDAY_EVENING)
    (house.folder / "out").write_text("a file where the folder should be")
    assert await house.at(MONDAY) == 1  # the letter
    assert "cannot write into out" in house.courier.ledger.last("morning", "folder:out")[1].error
    (house.folder / "out").unlink()
    assert await house.at(MONDAY + timedelta(minutes=1)) == 1


async def test_a_report_that_cannot_be_made_ends_nothing_and_is_tried_again(house, letterbox):
    await house.at(SUNDAY_EVENING)
    real = house.courier.make

    def broken(*_: object) -> Made:
        raise ZeroDivisionError("a mistake of ours")

    house.courier.make = broken
    assert await house.at(MONDAY) == 0
    assert "a mistake of ours" in house.courier.ledger.last("morning", "li@example.invalid")[1].error
    house.courier.make = real
    assert await house.at(MONDAY + timedelta(minutes=1)) == 2


@pytest.mark.parametrize(
    ("due", "before"),
    [("2026-03-29 03:00", "2026-03-28 12:00"), ("2026-10-25 02:30", "2026-10-24 12:00")],  # skipped; twice
)
async def test_the_night_of_a_clock_change_has_one_report(house, letterbox, due, before):
    berlin = ZoneInfo("Europe/Berlin")
    said = {"when": "daily 02:30", "zone": "Europe/Berlin"}
    await house.at(local(before, berlin), **said)
    at = local(due, berlin)
    assert await house.at(at + SETTLE - timedelta(seconds=1), **said) == 0
    for hour in range(5):
        await house.at(at + SETTLE + timedelta(hours=hour), **said)
    assert len(letterbox.letters) == 1


async def test_without_a_mail_server_only_the_folder_is_due_and_nothing_is_sent_when_one_comes(house, letterbox):
    server, house.courier.send = house.courier.send, None
    await house.at(SUNDAY_EVENING)
    assert await house.at(MONDAY) == 1
    house.courier.send = server
    await house.at(MONDAY + timedelta(minutes=5))
    assert letterbox.letters == []


async def test_a_torn_line_of_the_ledger_tells_nothing_and_hides_nothing(house, letterbox):
    await house.at(SUNDAY_EVENING)
    await house.at(MONDAY)
    path = house.folder / "reports.jsonl"
    path.write_bytes(path.read_bytes() + b'{"kind":"report","what":"sent","rep')
    house.restart()
    assert await house.at(MONDAY + timedelta(hours=1)) == 0
    assert await house.at(MONDAY + timedelta(days=1)) == 2
    house.restart()
    assert await house.at(MONDAY + timedelta(days=1)) == 0


def test_only_one_process_sends(tmp_path):
    ledger = tmp_path / "reports.jsonl"
    with alone(ledger), pytest.raises(StoreError, match="another process"), alone(ledger):
        pytest.fail("two at once")
    with alone(ledger):
        pass


def test_a_ledger_that_nobody_wrote_knows_nothing(tmp_path):
    assert Ledger(tmp_path / "reports.jsonl").last("morning", "x@example.invalid") is None

"""`cti voicemail` and `cti work` on real rows, a real spool and a running engine without an Asterisk."""

from __future__ import annotations

import json
import struct
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result

from cti.config import load_config
from cti.journal.engine_log import EngineJournal
from cti.journal.importer import Importer, journal_files
from cti.mailroom import work_rules
from cti.site.load import load_site
from cti.voicemail.watch import Watch

RECEIVED = 1_795_310_608
SOUND = b"\x10\x20" * 16_000


class Boxes:
    """The house's mailboxes and journals; `settle` is what the importer's process does all the time."""

    def __init__(self, house) -> None:
        self.house, self.config = house, load_config(house.home)
        self._journal = EngineJournal(self.config.voicemail_journal)
        self._watch = Watch(self.config.voicemail, self._journal, {}, lambda context, box: "")

    def leave(self, box: str, number: int, *, queue: str = "", context: str = "default", caller: str = "139") -> str:
        folder = self.config.voicemail / context / box / "INBOX"
        folder.mkdir(parents=True, exist_ok=True)
        head = struct.pack("<4sI4s", b"RIFF", 0, b"WAVE") + struct.pack(
            "<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16
        )
        (folder / f"msg{number:04}.wav").write_bytes(head + struct.pack("<4sI", b"data", 0) + SOUND)
        told = f"callerid={caller}\norigtime={RECEIVED + number}\nmsg_id={RECEIVED}-{number:08x}\n"
        told += f"category=call=c{number} queue={queue} did=4008001234\n"
        (folder / f"msg{number:04}.txt").write_text("[message]\n" + told)
        self.settle()
        return f"{box}-{RECEIVED}-{number:08x}"

    def settle(self) -> None:
        for _ in range(2):  # gone is what is missing twice
            self._watch.step(datetime.fromtimestamp(RECEIVED + 60, UTC))
        self.house.store.work = work_rules(load_site(self.config.site_file))
        files = journal_files(self.config.log_dir, self.config.journal_file)
        self.house.do(Importer(files, self.house.store).drain())


@pytest.fixture
def database_line(on_both: str) -> str:
    return on_both


@pytest.fixture
def boxes(house) -> Boxes:
    return Boxes(house)


def said(result: Result) -> object:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_messages_are_listed_and_filtered(house, boxes):
    boxes.leave("sales", 0, queue="sales")
    boxes.leave("1001", 1, context="agents", caller="Unknown")
    result = house.cti("voicemail", "list")
    assert result.exit_code == 0, result.output
    assert "withheld" in result.stdout
    assert "sales" in result.stdout
    (message,) = said(house.cti("voicemail", "list", "--box", "1001", "--json"))
    assert (message["number"], message["state"], message["seconds"]) == ("", "new", 2.0)
    assert message["received"].startswith("2026-11-22T")
    assert said(house.cti("voicemail", "list", "--state", "heard", "--json")) == []
    assert "no messages" in house.cti("voicemail", "list", "--number", "555").stdout


def test_a_sound_is_played_into_a_file_with_a_header_that_is_right(house, boxes, tmp_path):
    name = boxes.leave("sales", 0)
    out = tmp_path / "x.wav"
    assert house.cti("voicemail", "play", name, "--out", str(out)).exit_code == 0
    data = out.read_bytes()
    assert (data[44:], struct.unpack("<I", data[40:44])) == (SOUND, (len(SOUND),))
    assert house.cti("voicemail", "play", name, "--out", "-").stdout_bytes == data


def test_without_a_player_it_is_said_what_to_do(house, boxes):
    name = boxes.leave("sales", 0)
    result = house.cti("voicemail", "play", name, PATH="")
    assert result.exit_code == 2
    assert "--out x.wav" in result.stderr


def test_export_writes_sound_and_story_and_a_dry_run_nothing(house, boxes, tmp_path):
    name = boxes.leave("sales", 0, queue="sales")
    folder = tmp_path / "out"
    told = said(house.cti("voicemail", "export", "--queue", "sales", "--to", str(folder), "--dry-run", "--json"))
    assert (told["written"], folder.exists()) == ([name], False)
    assert house.cti("voicemail", "export", name, "--to", str(folder)).exit_code == 0
    assert (folder / f"{name}.wav").read_bytes()[44:] == SOUND
    assert json.loads((folder / f"{name}.json").read_text())["conversation"] == "c0"
    assert house.cti("voicemail", "export", "--to", str(folder)).exit_code == 2


def test_a_message_that_was_deleted_by_phone_meanwhile_is_gone_and_nothing_breaks(house, boxes, tmp_path):
    name = boxes.leave("sales", 0)
    for file in (boxes.config.voicemail / "default" / "sales" / "INBOX").glob("msg*"):
        file.unlink()
    result = house.cti("voicemail", "play", name, "--out", str(tmp_path / "x.wav"))
    assert (result.exit_code, "no longer in its box" in result.stderr) == (3, True)
    told = said(house.cti("voicemail", "export", name, "--to", str(tmp_path), "--json"))
    assert (told["written"], told["gone"]) == ([], [name])
    assert house.cti("voicemail", "delete", name).exit_code == 3
    boxes.settle()
    assert said(house.cti("voicemail", "list", "--json")) == []
    assert [one["id"] for one in said(house.cti("voicemail", "list", "--state", "deleted", "--json"))] == [name]


def test_delete_says_what_it_would_do_and_then_does_it(house, boxes):
    name = boxes.leave("sales", 0, queue="sales")
    assert f"would delete {name} (139, 2 s)" in house.cti("voicemail", "delete", name, "--dry-run").stdout
    assert said(house.cti("voicemail", "delete", name, "--json"))["deleted"] == [name]
    boxes.settle()
    assert said(house.cti("voicemail", "list", "--json")) == []
    assert [item["messages"] for item in said(house.cti("work", "list", "--json"))] == [[name]]


def test_work_goes_from_hand_to_hand_and_every_reader_sees_it_at_once(house, boxes):
    name = boxes.leave("sales", 0, queue="sales")
    assert "open" in house.cti("work", "list").stdout
    assert house.cti("voicemail", "assign", name, "1001").stdout == "c0: assigned, 1001 (139, sales)\n"
    assert (
        house.cti("work", "assign", "c0", "1002").stdout == "c0: assigned, 1002 (139, sales)\n"
    )  # not in the rows yet
    boxes.settle()
    assert [one["owner"] for one in said(house.cti("work", "list", "--owner", "1002", "--json"))] == ["1002"]
    assert house.cti("work", "release", "c0").exit_code == 0
    assert house.cti("work", "release", "c0").exit_code == 4  # nobody has it
    assert said(house.cti("voicemail", "done", name, "--note", "called back", "--json"))["state"] == "done"
    boxes.settle()
    assert "nobody has to be called back" in house.cti("work", "list").stdout
    shown = said(house.cti("work", "show", name, "--json"))
    assert (shown["state"], shown["note"], shown["by"]) == ("done", "called back", "admin")
    assert house.cti("work", "reopen", "c0").stdout.startswith("c0: open")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("voicemail", "play", "nothing"), 3),
        (("voicemail", "list", "--since", "yesterday"), 2),
        (("voicemail", "delete", "../../etc/passwd"), 3),
        (("work", "show", "nothing"), 3),
        (("work", "assign", "nothing", "1001"), 3),
        (("work", "assign", "a\nb", "1001"), 3),
        (("work", "assign", "c0", "9999"), 3),
        (("work", "assign", "c0", "1001;x"), 2),
        (("work", "done", "c0", "--note", "a\x1b[2Jb"), 2),
        (("work", "done", "c0", "--note", "x" * 501), 2),
    ],
)
def test_what_cannot_be_is_one_line_and_an_exit_code(house, boxes, words, code):
    boxes.leave("sales", 0, queue="sales")
    result = house.cti(*words)
    assert result.exit_code == code, result.output
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_agent_sees_own_things_takes_work_and_gives_none(house, boxes):
    import urllib.error
    import urllib.request

    mine = boxes.leave("1002", 1, context="agents")
    sales, service = boxes.leave("sales", 2, queue="sales"), boxes.leave("service", 3, queue="service", caller="138")
    assert house.cti("agent", "add", "1003", "Kim").exit_code == 0
    token = house.cti("token", "create", "--agent", "1003").stdout.split()[-1]

    def ask(path: str, body: dict[str, str] | None = None) -> tuple[int, dict]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{boxes.config.web_port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    house.log_in("1003")  # serves service
    assert [one["id"] for one in ask("/api/voicemail")[1]["messages"]] == [service]
    assert [one["queue"] for one in ask("/api/work-items")[1]["work_items"]] == ["service"]
    for hidden in (f"/api/voicemail/{mine}", f"/api/voicemail/{sales}/sound", "/api/work-items/c2"):
        assert ask(hidden)[0] == 404
    assert ask("/api/work-items/c3/assign", {"owner": "1002"})[0] == 409
    assert ask("/api/work-items/c3/assign", {})[1]["owner"] == "1003"
    assert ask(f"/api/voicemail/{service}/heard", {})[1]["state"] == "heard"
    assert ask(f"/api/voicemail/{service}/delete", {})[0] == 409
    assert ask("/api/voicemail?state=new%27--")[0] == 400
    assert ask("/api/voicemail/..%2f..%2fetc")[0] == 404


def test_the_sound_is_served_whole_and_in_ranges(house, boxes):
    import urllib.request

    name = boxes.leave("sales", 0)
    url = f"http://127.0.0.1:{boxes.config.web_port}/api/voicemail/{name}/sound"
    headers = {"Authorization": f"Bearer {boxes.config.secrets.admin_token}"}
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60) as answer:
        whole = answer.read()
    assert (answer.headers["Content-Type"], whole[44:]) == ("audio/wav", SOUND)
    part = urllib.request.Request(url, headers=headers | {"Range": "bytes=44-47"})
    with urllib.request.urlopen(part, timeout=60) as answer:
        assert (answer.status, answer.read()) == (206, SOUND[:4])
        assert answer.headers["Content-Range"] == f"bytes 44-47/{len(whole)}"


def test_the_files_of_a_message_are_only_read(house, boxes, tmp_path):
    boxes.leave("sales", 0)
    folder = boxes.config.voicemail / "default" / "sales" / "INBOX"
    before = {file.name: file.stat().st_mtime_ns for file in Path(folder).iterdir()}
    house.cti("voicemail", "export", "--box", "sales", "--to", str(tmp_path / "out"))
    assert {file.name: file.stat().st_mtime_ns for file in Path(folder).iterdir()} == before

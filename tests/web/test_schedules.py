"""Schedules over a real socket: what supervisors ask and change, and that nobody else may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from cti.config import Config
from cti.core.schedule import Reason, Span, make_schedule
from cti.engine.hours import Hours
from cti.errors import PbxError
from cti.pbx import astdb
from cti.web.push import Hub
from cti.web.server import WebServer

BOSS, ANNA = "boss-token-1", "anna-token-1"
OFFICE = make_schedule(
    "office",
    "Asia/Shanghai",
    {day: [Span(480, 1080)] for day in range(1, 6)},
    reasons={"ill": Reason("ill")},
    known_until=date(2026, 12, 31),
)


class Database:
    """Asterisk's console, as far as `database` goes."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.gone = False

    def __call__(self, config: Config, line: str) -> str:
        if self.gone:
            raise PbxError("Asterisk does not answer")
        _, verb, family, *rest = line.split(" ")
        if verb == "show":
            return "".join(f"/{family}/{key:<50}: {value}\n" for key, value in self.values.items())
        if verb == "del":
            known = self.values.pop(rest[0], None)
            return "Database entry removed." if known else "Database entry does not exist."
        self.values[rest[0]] = rest[1]
        return "Updated database successfully"


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    made = Database()
    monkeypatch.setattr(astdb, "_ask", made)
    return made


@pytest.fixture
async def client(tmp_path: Path, hub: Hub, backend: Any, tokens: Any, database: Database) -> AsyncIterator[Any]:
    hours = Hours(Config(home=tmp_path), {"office": OFFICE})
    async with (
        WebServer("127.0.0.1", 0, hub=hub, backend=backend, verify=tokens.verify, hours=hours) as server,
        ClientSession(server.url) as client,
    ):
        yield client


async def ask(client: ClientSession, method: str, path: str, body: Any = None, token: str = BOSS) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"}
    async with client.request(method, "/api/schedules" + path, json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_schedule_is_told_as_it_is_at_an_instant(client: ClientSession) -> None:
    status, told = await ask(client, "GET", "/office?at=2026-10-08T03:00:00Z")
    assert (status, told["open"], told["rule"]) == (200, True, "thu: open 08:00-18:00")
    assert (told["until"], told["override"]) == ("2026-10-08T10:00:00.000Z", None)
    assert (told["holidays_known_until"], told["holidays_known"]) == ("2026-12-31", True)
    assert [one["schedule"] for one in (await ask(client, "GET", ""))[1]["schedules"]] == ["office"]


async def test_changes_come_in_order(client: ClientSession) -> None:
    _, told = await ask(client, "GET", "/office/changes?from=2026-10-09T03:00:00Z&days=4")
    assert [(one["at"][5:16], one["open"]) for one in told["changes"]] == [
        ("10-09T03:00", True),
        ("10-09T10:00", False),
        ("10-12T00:00", True),
        ("10-12T10:00", False),
        ("10-13T00:00", True),
    ]


async def test_all_five_states_are_kept_in_asterisks_database(client: ClientSession, database: Database) -> None:
    kept = []
    for body in (
        {"state": "closed", "reason": "ill"},
        {"state": "open"},
        {"state": "closed", "until": "period"},
        {"state": "open", "until": "2099-01-01T00:00:00+08:00"},
    ):
        status, told = await ask(client, "POST", "/office/override", body)
        assert (status, told["open"]) == (200, body["state"] == "open")
        kept.append(database.values["office"].rsplit(":", 1)[0])
    assert kept[0] == "closed:0:undone:ill:api-Boss"
    assert kept[1] == "open:0:undone::api-Boss"
    assert kept[2].startswith("closed:1")
    assert kept[2].endswith(":period::api-Boss")
    assert kept[3] == "open:4070880000:until::api-Boss"
    assert (await ask(client, "POST", "/office/override", {"state": "none"}))[1]["override"] is None
    assert database.values == {}


async def test_what_is_forced_is_shown_with_who_did_it(client: ClientSession) -> None:
    await ask(client, "POST", "/office/override", {"state": "closed", "reason": "ill"})
    _, told = await ask(client, "GET", "/office")
    assert (told["open"], told["reason"], told["rule"]) == (False, "ill", "override: closed (ill) until undone")
    assert (told["override"]["by"], told["override"]["kind"]) == ("api-Boss", "undone")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"state": "shut"}, 400, "no state"),
        ({}, 400, "no state"),
        ({"state": 5}, 400, "short texts"),
        ({"state": "closed", "until": "tomorrow"}, 400, "ISO 8601"),
        ({"state": "closed", "until": "2020-01-01T00:00:00Z"}, 400, "in the future"),
        ({"state": "closed", "until": "2026-10-08T03:00:00"}, 400, "time zone"),
        ({"state": "closed", "reason": "weather"}, 400, "known: ill"),
        ({"state": "closed", "reason": "x; database deltree x"}, 400, "no reason"),
        ({"state": "closed", "by": "me"}, 400, "unknown field"),
    ],
)
async def test_nonsense_is_refused_and_nothing_is_kept(
    client: ClientSession, database: Database, body: Any, status: int, said: str
) -> None:
    answered, told = await ask(client, "POST", "/office/override", body)
    assert (answered, said in told["error"]) == (status, True), told
    assert database.values == {}


@pytest.mark.parametrize("path", ["/ofice", "/..%2foffice", "/office?at=2026", "/office/changes?days=0", "/office?x=1"])
async def test_a_wrong_question_is_told_so(client: ClientSession, path: str) -> None:
    status, told = await ask(client, "GET", path)
    assert status in (400, 404)
    assert told["error"]


async def test_agents_may_neither_see_nor_change_schedules(client: ClientSession, database: Database) -> None:
    assert (await ask(client, "GET", "", token=ANNA))[0] == 403
    assert (await ask(client, "POST", "/office/override", {"state": "closed"}, token=ANNA))[0] == 403
    assert (await ask(client, "GET", "", token="nobody-at-all"))[0] == 401
    assert database.values == {}


async def test_an_asterisk_that_does_not_answer_is_503(client: ClientSession, database: Database) -> None:
    database.gone = True
    assert await ask(client, "GET", "/office") == (503, {"error": "Asterisk does not answer"})
    assert (await ask(client, "POST", "/office/override", {"state": "open"}))[0] == 503

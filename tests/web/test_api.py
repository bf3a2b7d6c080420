"""The REST API over a real socket: rights, errors, hostile questions (HOSTILE 46–50, 57)."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from aiohttp import ClientSession

from cti.core.words import Outcome
from cti.errors import NotConnected, NotFound, Refused, StoreError, UsageError
from cti.web.auth import FAILURES
from cti.web.backend import CallFilter, FloorBackend
from cti.web.questions import MOST

BOSS, ANNA, BEN = "boss-token-1", "anna-token-1", "ben-token-12"
EVERY_GET = ["/api/floor", "/api/agents", "/api/queues", "/api/calls", "/api/calls/c1", "/api/calls/c1/recording"]


async def ask(
    client: ClientSession, path: str, token: str | None = BOSS, method: str = "GET", **options: Any
) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with client.request(method, path, headers=headers, **options) as answer:
        return answer.status, json.loads(await answer.read() or b"null")


async def test_health_needs_no_token_and_tells_nothing_else(client: ClientSession) -> None:
    assert await ask(client, "/api/health", None) == (200, {"up": True, "ami": "connected", "calls": 1})


@pytest.mark.parametrize("path", EVERY_GET)
async def test_every_other_question_needs_a_good_token(client: ClientSession, path: str) -> None:
    for token in (None, "wrong-token", "eyJhbGciOiJub25lIn0.e30."):
        status, body = await ask(client, path, token)
        assert (status, list(body)) == (401, ["error"])


async def test_too_many_wrong_tokens_are_answered_429(client: ClientSession) -> None:
    for _ in range(FAILURES):
        assert (await ask(client, "/api/floor", "wrong-token"))[0] == 401
    assert (await ask(client, "/api/floor", "wrong-token"))[0] == 429


async def test_a_token_in_the_address_is_not_a_token(client: ClientSession) -> None:
    assert (await ask(client, f"/api/floor?token={BOSS}", None))[0] == 401


async def test_a_supervisor_sees_the_whole_floor(client: ClientSession) -> None:
    status, floor = await ask(client, "/api/floor")
    assert status == 200
    assert [agent["agent"] for agent in floor["agents"]] == ["1001", "1002"]
    assert floor["seq"] == 0
    assert floor["subject"] == {"kind": "supervisor", "name": "Boss", "agent": ""}
    assert (await ask(client, "/api/queues"))[1]["queues"][0]["queue"] == "sales"


async def test_an_agent_sees_only_their_own_on_every_endpoint(client: ClientSession, backend: FloorBackend) -> None:
    assert [a["agent"] for a in (await ask(client, "/api/agents", BEN))[1]["agents"]] == ["1002"]
    assert (await ask(client, "/api/floor", BEN))[1]["pops"] == []
    assert (await ask(client, "/api/calls?agent=1001", BEN))[0] == 403
    assert (await ask(client, "/api/calls/c1", ANNA))[0] == 200
    assert await ask(client, "/api/calls/c1", BEN) == await ask(client, "/api/calls/none", BEN)
    assert (await ask(client, "/api/calls/c1/recording", BEN))[1] == {"error": "no such call"}
    assert (await ask(client, "/api/agents/1001/pause", BEN, "POST", json={"reason": "x"}))[0] == 403


async def test_an_agents_list_of_calls_is_narrowed_to_them(client: ClientSession, backend: Any) -> None:
    await ask(client, "/api/calls", BEN)
    assert backend.asked[-1][1].agent == "1002"


async def test_a_filter_reaches_the_backend_as_values(client: ClientSession, backend: Any) -> None:
    path = "/api/calls?queue=sales&outcome=answered&number=%2B8613800138000&since=2026-10-01T00:00:00Z&limit=7&after=n1"
    assert (await ask(client, path))[1] == {"calls": [{"call": "c1", "agents": ["1001"]}], "next": "n1"}
    wanted: CallFilter = backend.asked[-1][1]
    assert (wanted.queue, wanted.outcome, wanted.number) == ("sales", Outcome.ANSWERED, "+8613800138000")
    assert (wanted.limit, wanted.after) == (7, "n1")
    assert wanted.since is not None
    assert wanted.since.isoformat() == "2026-10-01T00:00:00+00:00"


@pytest.mark.parametrize(("asked", "given"), [("1000000000000", MOST), ("-5", 1), ("0", 1), ("20", 20)])
async def test_limits_are_clamped(client: ClientSession, backend: Any, asked: str, given: int) -> None:
    assert (await ask(client, f"/api/calls?limit={asked}"))[0] == 200
    assert backend.asked[-1][1].limit == given


@pytest.mark.parametrize(
    "query",
    [
        "sort=id;select",
        "order=(CASE WHEN 1 THEN id END)",
        "secret=1",
        "queue=" + "%25" * 2000,
        "queue=' OR SLEEP(5)%23",
        "number=%25",
        "number=１２３",
        "limit=１２",
        "limit=1e3",
        "limit=" + "9" * 400,
        "outcome=answered'--",
        "agent=../1001",
        "since=2026-02-30T00:00:00Z",
        "since=9999-12-31T00:00:00Z",
        "since=0000-01-01T00:00:00Z",
        "since=2026-10-01T00:00:00",
        "since=2026-10-01&tz=../../etc/localtime",
        "since=0001-01-01T00:00:00%2B14:00",
        "after=' OR 1",
        "limit=1&limit=2",
        "since=2026-10-02T00:00:00Z&until=2026-10-01T00:00:00Z",
        "page=1000000000000",
        "queue=%00",
        "queue=sales%0Ax",
    ],
)
async def test_a_hostile_question_is_answered_400_in_one_line(client: ClientSession, backend: Any, query: str) -> None:
    status, body = await ask(client, f"/api/calls?{query}")
    assert status == 400
    assert list(body) == ["error"]
    assert "\n" not in body["error"]
    assert len(body["error"]) < 300
    assert backend.asked == []


@pytest.mark.parametrize("path", ["/api/floor?x=1", "/api/health?x=1", "/api/calls/c1?x=1", "/api/agents?sort=id"])
async def test_parameters_that_nobody_reads_are_refused_everywhere(client: ClientSession, path: str) -> None:
    assert (await ask(client, path))[0] == 400


@pytest.mark.parametrize("verb", ["login", "logout", "unpause", "wrap-up", "wrap-up-end"])
async def test_an_agent_changes_their_own_presence(client: ClientSession, backend: Any, verb: str) -> None:
    status, body = await ask(client, f"/api/agents/1001/{verb}", ANNA, "POST")
    assert (status, body["agent"]) == (200, "1001")
    assert backend.asked == [(verb, ("1001", ""))]


async def test_a_supervisor_pauses_an_agent_with_a_reason(client: ClientSession, backend: Any) -> None:
    status, body = await ask(client, "/api/agents/1002/pause", BOSS, "POST", json={"reason": " 午餐 "})
    assert (status, body["reason"]) == (200, "午餐")
    assert backend.asked == [("pause", ("1002", "午餐"))]


async def test_an_agent_says_how_a_call_of_their_own_ended(client: ClientSession, backend: Any) -> None:
    body = {"code": "sold", "note": "两辆车", "call": "node-1.7"}
    assert (await ask(client, "/api/agents/1001/disposition", ANNA, "POST", json=body))[0] == 200
    assert (await ask(client, "/api/agents/1001/disposition", BOSS, "POST", json={"code": "other"}))[0] == 200
    assert backend.asked == [
        ("disposition", ("1001", "node-1.7", "sold", "两辆车")),
        ("disposition", ("1001", None, "other", "")),
    ]
    assert (await ask(client, "/api/agents/1002/disposition", ANNA, "POST", json=body))[0] == 403
    assert len(backend.asked) == 2


@pytest.mark.parametrize(
    "wrong", [{}, {"code": "A b"}, {"code": "x" * 41}, {"code": 1}, {"code": "a", "note": "x\ny"},
              {"code": "a", "note": "x" * 1001}, {"code": "a", "call": "../x"}, {"code": "a", "who": "me"}],
)  # fmt: skip
async def test_a_hostile_disposition_reaches_nobody(client: ClientSession, backend: Any, wrong: Any) -> None:
    assert (await ask(client, "/api/agents/1001/disposition", ANNA, "POST", json=wrong))[0] == 400
    assert backend.asked == []


async def test_a_supervisor_closes_and_opens_queues_and_an_agent_does_not(client: ClientSession, backend: Any) -> None:
    assert await ask(client, "/api/queues/sales/close", BOSS, "POST") == (200, {"queue": "sales", "closed": True})
    assert await ask(client, "/api/queues/sales/open", BOSS, "POST") == (200, {"queue": "sales", "closed": False})
    assert backend.asked == [("close", "sales"), ("open", "sales")]
    assert (await ask(client, "/api/queues/sales/close", ANNA, "POST"))[0] == 403
    assert (await ask(client, "/api/queues/sales/close", None, "POST"))[0] == 401
    assert len(backend.asked) == 2


@pytest.mark.parametrize(
    ("verb", "body", "value"),
    [("move", {"queue": "service"}, "service"), ("priority", {"priority": -3}, -3), ("withdraw", None, "")],
)
async def test_a_supervisor_changes_the_line_and_an_agent_does_not(
    client: ClientSession, backend: Any, verb: str, body: Any, value: object
) -> None:
    assert await ask(client, f"/api/calls/c1/{verb}", BOSS, "POST", json=body) == (200, {"call": "c1"})
    assert backend.asked == [(verb, ("c1", value))]
    assert (await ask(client, f"/api/calls/c1/{verb}", ANNA, "POST", json=body))[0] == 403
    backend.error = Refused("call c1 rings at agent 1001: it cannot be moved now")
    assert await ask(client, f"/api/calls/c1/{verb}", BOSS, "POST", json=body) == (409, {"error": str(backend.error)})


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/api/calls/c1/move", {}, 400),
        ("/api/calls/c1/move", {"queue": "../x"}, 400),
        ("/api/calls/c1/move", {"queue": 5}, 400),
        ("/api/calls/c1/move", {"queue": "sales", "by": "x"}, 400),
        ("/api/calls/c1/priority", {"priority": "5"}, 400),
        ("/api/calls/c1/priority", {"priority": True}, 400),
        ("/api/calls/c1/priority", {"priority": 1.5}, 400),
        ("/api/calls/c1/priority", {"priority": 101}, 400),
        ("/api/calls/c1/withdraw", {"queue": "sales"}, 400),
        ("/api/queues/sales/close", {"until": "never"}, 400),
        ("/api/queues/sales/explode", None, 404),
        ("/api/queues/Sales/close", None, 404),
        ("/api/queues/sales%0A/close", None, 404),
        ("/api/calls/c1/explode", None, 404),
    ],
)
async def test_a_hostile_wish_about_the_line_reaches_nobody(
    client: ClientSession, backend: Any, path: str, body: Any, status: int
) -> None:
    from yarl import URL

    assert (await ask(client, URL(path, encoded=True), BOSS, "POST", json=body))[0] == status  # type: ignore[arg-type]
    assert backend.asked == []


async def test_the_explanation_of_a_call_is_for_supervisors(client: ClientSession) -> None:
    assert await ask(client, "/api/calls/c1/explain") == (200, {"steps": [{"what": "waits on"}]})
    assert (await ask(client, "/api/calls/c1/explain", ANNA))[0] == 403
    assert (await ask(client, "/api/calls/c9/explain"))[0] == 404


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("not while talking"), 409),
        (NotFound("no such agent"), 404),
        (UsageError("no such reason"), 400),
        (NotConnected("Asterisk is away"), 503),
        (StoreError("disk full"), 503),
    ],
)
async def test_each_error_has_its_status_and_its_line(
    client: ClientSession, backend: Any, error: Exception, status: int
) -> None:
    backend.error = error
    assert await ask(client, "/api/agents/1001/login", ANNA, "POST") == (status, {"error": str(error)})


async def test_a_bug_is_logged_and_told_as_nothing(
    client: ClientSession, backend: Any, caplog: pytest.LogCaptureFixture
) -> None:
    backend.error = RuntimeError("password is 1234")
    status, body = await ask(client, "/api/calls")
    assert status == 500
    assert "1234" not in body["error"]
    assert "password is 1234" in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"reason": ""}',
        b'{"reason": "  "}',
        b'{"reason": 5}',
        b'{"reason": null}',
        b"[]",
        b"null",
        b"NaN",
        b"[" * 60_000,
        b'{"reason": "a", "reason": "b"}',
        b'{"reason": "a", "agent": "1002"}',
        b'{"reason": "a\\r\\nAction: Originate"}',
        b'{"reason": "a\\u0000"}',
        b'{"reason": "\\u202egnp"}',
        b'{"reason": "\\u001b[31m"}',
        b'{"reason": "\\ud800"}',
        b'{"reason": "' + b"x" * 65 + b'"}',
        b"\xff\xfe",
        b'{"__proto__": {}}',
    ],
)
async def test_a_hostile_body_is_answered_400_and_reaches_nobody(
    client: ClientSession, backend: Any, body: bytes
) -> None:
    headers = {"Authorization": f"Bearer {ANNA}", "Content-Type": "application/json"}
    async with client.post("/api/agents/1001/pause", data=body, headers=headers) as answer:
        assert answer.status == 400
        assert "\n" not in (await answer.json())["error"]
    assert backend.asked == []


async def test_a_body_over_64_kb_is_answered_413(client: ClientSession, backend: Any) -> None:
    body = b'{"reason": "' + b"x" * 900_000 + b'"}'
    headers = {"Authorization": f"Bearer {ANNA}", "Content-Type": "application/json"}
    async with client.post("/api/agents/1001/pause", data=body, headers=headers) as answer:
        assert answer.status == 413
        assert "error" in await answer.json()
    assert backend.asked == []


async def test_a_form_of_a_foreign_page_is_not_json(client: ClientSession, backend: Any) -> None:
    assert (await ask(client, "/api/agents/1001/pause", ANNA, "POST", data={"reason": "x"}))[0] == 400
    assert backend.asked == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/api/agents/1001/explode", 404),
        ("POST", "/api/agents/..%2F1/login", 404),
        ("POST", "/api/agents/1%0A2/login", 404),
        ("DELETE", "/api/calls", 405),
        ("GET", "/api/agents/1001/login", 405),
        ("GET", "/api/nothing", 404),
        ("GET", "/..%2f..%2fetc/passwd", 404),
        ("GET", "/api/calls/..%2F..%2Fetc%2Fpasswd", 404),
        ("GET", "/api/calls/%00", 404),
        ("GET", "/api/calls/" + "x" * 151, 404),
    ],
)
async def test_paths_that_lead_nowhere_are_answered_in_json(
    client: ClientSession, method: str, path: str, status: int
) -> None:
    from yarl import URL

    code, body = await ask(client, URL(path, encoded=True), BOSS, method)  # type: ignore[arg-type]
    assert (code, list(body)) == (status, ["error"])


async def test_a_newline_in_a_path_forges_no_log_line(
    client: ClientSession, backend: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from yarl import URL

    backend.error = RuntimeError("bug")
    with caplog.at_level(logging.DEBUG):
        await ask(client, "/api/calls")
        await ask(client, URL("/api/calls/x%0AERROR%20forged%1b[31m", encoded=True))  # type: ignore[arg-type]
    assert not any(line.startswith("ERROR forged") for line in caplog.text.splitlines())
    assert "\x1b" not in caplog.text

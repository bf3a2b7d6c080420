"""Tokens, guesses and addresses (HOSTILE 51, 58)."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import make_mocked_request

from cti.core.words import AgentId
from cti.errors import StoreError
from cti.web.auth import FAILURES, WINDOW_SECONDS, Denial, Gate, Kind, Subject, Throttle, address_of, bearer, network

GOOD = "a-good-token"
ANNA = Subject(kind=Kind.AGENT, name="Anna", agent=AgentId("1001"))


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def verify(token: str) -> Subject | None:
    return ANNA if token == GOOD else None


async def test_a_good_token_becomes_its_subject() -> None:
    assert await Gate(verify).admit(GOOD, "10.0.0.1") == ANNA


@pytest.mark.parametrize(
    "token", ["", "short", "x" * 513, "with blank inside", "naïve-token-1", "a\x00b-token-1", "\ud800" * 9]
)
async def test_a_misshapen_token_never_reaches_the_store(token: str) -> None:
    async def explode(_: str) -> Subject | None:
        raise AssertionError("asked")

    assert await Gate(explode).admit(token, "10.0.0.1") is Denial.REFUSED


async def test_guessing_closes_the_address_for_a_while_and_no_other_address() -> None:
    clock = Clock()
    gate = Gate(verify, clock)
    for _ in range(FAILURES):
        assert await gate.admit("wrong-token", "10.0.0.1") is Denial.REFUSED
    assert await gate.admit(GOOD, "10.0.0.1") is Denial.THROTTLED
    assert await gate.admit(GOOD, "10.0.0.2") == ANNA
    clock.now = WINDOW_SECONDS + 1
    assert await gate.admit("wrong-token", "10.0.0.1") is Denial.REFUSED


async def test_a_token_that_was_good_before_is_not_locked_out_by_a_neighbour() -> None:
    gate = Gate(verify, Clock())
    assert await gate.admit(GOOD, "10.0.0.1") == ANNA
    for _ in range(FAILURES):
        await gate.admit("wrong-token", "10.0.0.1")
    assert await gate.admit(GOOD, "10.0.0.1") == ANNA
    assert await gate.admit("another-wrong", "10.0.0.1") is Denial.THROTTLED


async def test_a_database_that_is_down_is_not_a_wrong_token() -> None:
    async def down(_: str) -> Subject | None:
        raise StoreError("down")

    with pytest.raises(StoreError):
        await Gate(down).admit(GOOD, "10.0.0.1")


def test_addresses_are_forgotten_before_they_fill_the_memory() -> None:
    throttle = Throttle(failures=1)
    for number in range(10_001):
        throttle.failed(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
    assert not throttle.closed("10.0.0.0", 0.0)
    assert throttle.closed("10.0.0.1", 0.0)


def test_an_ipv6_household_counts_as_one_address() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff:1") != network("2001:db8:0:1::1")
    assert network("::1") != network("0.0.0.1")
    assert network("10.0.0.1") == "10.0.0.1"


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", None),
        ("Bearer", None),
        ("Bearer ", None),
        ("abc", None),
    ],
)
def test_only_a_bearer_header_carries_a_token(header: str, token: str | None) -> None:
    assert bearer(make_mocked_request("GET", "/", headers={"Authorization": header})) == token


def test_a_forwarding_header_is_believed_from_a_trusted_proxy_only() -> None:
    request = make_mocked_request("GET", "/", headers={"X-Forwarded-For": "6.6.6.6, 10.0.0.9"})
    request = request.clone(remote="192.0.2.7")
    assert address_of(request, ()) == "192.0.2.7"
    assert address_of(request, {"192.0.2.7"}) == "10.0.0.9"


def test_an_agent_acts_for_themselves_and_a_supervisor_for_everybody() -> None:
    boss = Subject(kind=Kind.SUPERVISOR, name="Boss")
    assert ANNA.may_act_for(AgentId("1001"))
    assert not ANNA.may_act_for(AgentId("1002"))
    assert boss.may_act_for(AgentId("1002"))
    assert not Subject(kind=Kind.AGENT, name="?").may_act_for(AgentId(""))

"""`cti callback` on a running engine."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cti.core.callback import CallbackRequested
from cti.core.words import Caller

if TYPE_CHECKING:
    from conftest import House

CALLBACKS = """
trunks: {itsp: {host: "127.0.0.2", match: ["127.0.0.2"]}}
outbound: {trunk: itsp, caller_id: "4008001234"}
"""


@pytest.fixture
def keeping(floor_home: Path, request: pytest.FixtureRequest) -> House:
    site = (floor_home / "site.yaml").read_text(encoding="utf-8")
    site = site.replace('overflow: "queue:service"}', 'overflow: "queue:service", callback: {key: "5"}}')
    (floor_home / "site.yaml").write_text(site + CALLBACKS, encoding="utf-8")
    house: House = request.getfixturevalue("house")
    return house


def promise(house: House, call: str, number: str, waited: float) -> None:
    now = datetime.now(UTC)
    caller, entered = Caller(number=number, name="Li \x1b[31m"), now - timedelta(seconds=waited)
    asked = CallbackRequested(at=now, call=call, number=number, queue="sales", entered=entered, caller=caller)
    house.do(house.engine.request(asked))


def test_kept_places_are_listed_in_the_order_they_were_asked_for(keeping: House) -> None:
    assert "nobody is to be called back" in keeping.cti("callback", "list").stdout
    promise(keeping, "7.1", "13800138000", 60)
    promise(keeping, "7.2", "13900139000", 90)
    found = json.loads(keeping.cti("callback", "list", "--json").stdout)
    assert [(one["id"], one["number"], one["phase"], one["attempt"]) for one in found] == [
        ("7.1", "13800138000", "waiting", 1),
        ("7.2", "13900139000", "waiting", 1),
    ]
    text = keeping.cti("callback", "list", "sales").stdout
    assert "13900139000" in text
    assert "\x1b" not in text
    assert "nobody" in keeping.cti("callback", "list", "service").stdout
    waiting = json.loads(keeping.cti("queue", "show", "sales", "--json").stdout)["callers"]
    assert [caller["number"] for caller in waiting] == ["13900139000", "13800138000"], "they count as waiting"


def test_one_is_cancelled_by_id_or_number_and_once(keeping: House) -> None:
    promise(keeping, "7.1", "13800138000", 60)
    promise(keeping, "7.2", "13900139000", 90)
    assert "would cancel 13800138000" in keeping.cti("callback", "cancel", "7.1", "--dry-run").stdout
    assert len(keeping.engine.hold.callbacks()) == 2
    assert "cancelled 13800138000 (7.1)" in keeping.cti("callback", "cancel", "7.1").stdout
    assert "cancelled 13900139000" in keeping.cti("callback", "cancel", "13900139000").stdout
    assert keeping.engine.hold.callbacks() == ()
    gone = keeping.cti("callback", "cancel", "7.1")
    assert gone.exit_code == 3
    assert "no callback" in gone.stderr

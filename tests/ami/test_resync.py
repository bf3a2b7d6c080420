"""The facts missed while the line was down."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cti.ami.message import Message
from cti.ami.resync import diff_snapshot
from cti.ami.wire import Decoder
from cti.core.events import Event, LegAnswered, LegBridged, LegCreated, LegEnded, LegRelinked, PhoneReachable
from cti.core.words import Linkedid, Uniqueid

AT = datetime(2026, 1, 2, tzinfo=UTC)


def row(leg: str, state: str = "6", bridge: str = "") -> Message:
    text = f"Event: CoreShowChannel\r\nChannel: PJSIP/1001-00000001\r\nChannelState: {state}\r\nUniqueid: {leg}"
    return Message(f"{text}\r\nLinkedid: L\r\nBridgeId: {bridge}".encode(), "CoreShowChannel")


def kinds(events: list[Event]) -> list[tuple[str, str]]:
    return [(type(e).__name__, str(getattr(e, "leg", ""))) for e in events]


def test_a_vanished_leg_has_ended_before_anything_new_begins() -> None:
    assert kinds(diff_snapshot([Uniqueid("old"), Uniqueid("older")], [row("new", bridge="b")], AT)) == [
        ("LegEnded", "old"),
        ("LegEnded", "older"),
        ("LegCreated", "new"),
        ("LegBridged", "new"),
    ]


def test_a_leg_that_is_still_there_is_not_created_again() -> None:
    leg = Uniqueid("a")
    assert diff_snapshot([leg], [row("a", bridge="b")], AT) == [
        LegRelinked(at=AT, leg=leg, linked=Linkedid("L")),
        LegAnswered(at=AT, leg=leg),
        LegBridged(at=AT, leg=leg, bridge="b"),
    ]


def test_a_leg_that_still_rings_is_not_told_to_be_answered() -> None:
    assert kinds(diff_snapshot([Uniqueid("a")], [row("a", state="5")], AT)) == [("LegRelinked", "a")]


def test_an_empty_snapshot_ends_everything_and_nothing_known_creates_everything() -> None:
    assert diff_snapshot([Uniqueid("a")], [], AT) == [LegEnded(at=AT, leg=Uniqueid("a"))]
    assert [type(fact) for fact in diff_snapshot([], [row("a")], AT)] == [LegCreated]
    assert diff_snapshot([], [], AT) == []


def test_a_recorded_snapshot_tells_which_phones_can_be_rung(traces: Path) -> None:
    rows = Decoder().feed((traces / "lists.ami").read_bytes())
    phones = [fact for fact in diff_snapshot([], rows, AT) if isinstance(fact, PhoneReachable)]
    assert "PJSIP/1001" in {fact.phone for fact in phones}
    assert LegBridged not in {type(fact) for fact in phones}

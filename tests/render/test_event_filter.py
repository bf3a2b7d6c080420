"""Which AMI events Asterisk sends us, by the filters of manager.conf: those that the translator makes something of."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cti.ami.translate import WANTED, translate
from cti.ami.wire import END, Decoder, Message
from cti.config import Config
from cti.render.inputs import Installation, PhoneCard
from cti.render.render import Renderer
from cti.site.model import Site

HERE = Path(__file__).resolve().parent.parent
ALWAYS = {"FullyBooted", "Shutdown"}
PERHAPS = {"DeviceStateChange", "OriginateResponse"}  # by what is in them
REACHABLE = ["NOT_INUSE", "UNAVAILABLE", "INVALID"]
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass(frozen=True)
class Filter:
    """One line `eventfilter(CRITERIA) = PATTERN`, as manager.c reads it."""

    excludes: bool
    name: str
    header: str
    method: str
    pattern: str

    def matches(self, event: str) -> bool:
        if self.name and not event.startswith(f"Event: {self.name}\r\n"):
            return False
        if self.header:
            values = re.findall(rf"^{self.header}: (.*)\r$", event, re.MULTILINE)
            return any(self._takes(value) for value in values)
        return self._takes(event)

    def _takes(self, data: str) -> bool:
        if self.method == "regex":
            posix = self.pattern.replace("[:cntrl:]", r"\x00-\x1f\x7f")
            return re.search(re.sub(r"\$$", r"\\Z", posix), data, re.DOTALL) is not None
        return self.method == "none" or data == self.pattern


class Filters:
    """What the renderer makes for an Asterisk of this version."""

    def __init__(self, manager_conf: str) -> None:
        lines = re.findall(r"^eventfilter(?:\((.*)\))? =(?: (.*))?$", manager_conf, re.MULTILINE)
        self.all = [self._read(criteria, pattern) for criteria, pattern in lines]

    def _read(self, criteria: str, pattern: str) -> Filter:
        said = dict(re.findall(r"(\w+)\((\w+)\)", criteria))
        method = said.get("method", "none" if criteria else "regex")
        excludes = said.get("action") == "exclude" or pattern.startswith("!")
        return Filter(excludes, said.get("name", ""), said.get("header", ""), method, pattern.removeprefix("!"))

    def send(self, event: str) -> bool:
        found = [each.excludes for each in self.all if each.matches(event)]
        return False in found and True not in found


@pytest.fixture(
    params=[(18, 20, 0), (20, 10, 0), (20, 11, 0), (21, 5, 0), (21, 6, 0), (22, 0, 0), (22, 10, 1)], ids=str
)
def filters(
    request: pytest.FixtureRequest, config: Config, installation: Installation, demo: Site, phones: list[PhoneCard]
) -> Filters:
    there = replace(installation, version=request.param)  # type: ignore[type-var]
    return Filters(Renderer(config, there).render(demo, phones)["manager.conf"])


def event(name: str, *lines: str) -> str:
    return "\r\n".join((f"Event: {name}", "Privilege: call,all", "Timestamp: 1795309664.051934", *lines)) + "\r\n\r\n"


@pytest.mark.parametrize("trace", ["answered_hold", "abandoned", "transferred", "originated"])
def test_of_recorded_calls_every_event_that_tells_something_new_is_sent_and_no_other(
    trace: str, filters: Filters
) -> None:
    sent = []
    for message in Decoder().feed((HERE / "traces" / f"{trace}.ami").read_bytes()):
        new = translate(Message(message.raw, message.name), NOW)
        if message.name == "DeviceStateChange" and message.get("State") not in REACHABLE:
            new = []  # it can be rung: that was told before it was in use
        if message.name in WANTED and new:
            sent.append(message.name)
            assert filters.send((message.raw + END).decode()), message
        elif message.name not in ALWAYS | PERHAPS:
            assert not filters.send((message.raw + END).decode()), message
    assert {"Newchannel", "Hangup"} <= set(sent)


def test_the_states_of_channels_and_phones_that_tell_something_are_sent(filters: Filters) -> None:
    who = ("CallerIDNum: 1", "CallerIDName: <unknown>")
    up = [filters.send(event("Newstate", "Channel: 1", f"ChannelState: {state}", *who, "Exten: s")) for state in "456"]
    assert up == [False, False, True]
    states = [*REACHABLE, "UNKNOWN", "INUSE", "BUSY", "RINGING", "RINGINUSE", "ONHOLD"]
    told = [
        state for state in states if filters.send(event("DeviceStateChange", "Device: PJSIP/1001", f"State: {state}"))
    ]
    assert told == REACHABLE


def test_an_event_with_a_line_end_of_a_callers_own_is_not_sent(filters: Filters) -> None:
    assert filters.send(event("Hangup", "CallerIDNum: 1", "CallerIDName: x", "Cause: 16"))
    assert not filters.send(event("Hangup", "CallerIDNum: 1\r\nUniqueid: 2", "CallerIDName: x", "Cause: 16"))
    assert not filters.send(event("Hangup", "CallerIDNum: 1\r\n\r\nEvent: Hangup", "CallerIDName: x", "Cause: 16"))
    assert not filters.send(event("Newstate", "CallerIDNum: 1\r\nChannelState: 6", "CallerIDName: x"))
    ringing = ("ChannelState: 4", "CallerIDNum: 1\r\nChannelState: 6", "CallerIDName: x")
    assert not filters.send(event("Newstate", *ringing))
    twice = "CallerIDNum: 1\r\nCallerIDName: x\r\nUniqueid: 2\r\nCallerIDNum: 3"
    assert not filters.send(event("Hangup", twice, "CallerIDName: x", "Cause: 16"))
    assert not filters.send(event("Newchannel", "CallerIDNum: 1\r\nCallerIDName: x\r\nUniqueid: 2", "CallerIDName: x"))
    assert not filters.send(event("Newchannel", "CallerIDNum: 1\nUniqueid: 2", "CallerIDName: x"))
    assert not filters.send(event("Newchannel", "CallerIDNum: 1\rUniqueid: 2", "CallerIDName: x"))


@pytest.mark.parametrize(
    ("version", "by_name"),
    [
        *(((18, 20), False), ((20, 10), False), ((20, 11), True)),
        *(((21, 5), False), ((21, 6), True)),
        *(((22, 0), False), ((22, 1), True), ((23, 0), True)),
    ],
    ids=str,
)
def test_only_an_asterisk_that_can_filter_by_name_is_told_to(
    version: tuple[int, ...], by_name: bool, config: Config, installation: Installation, demo: Site
) -> None:
    there = replace(installation, version=(*version, 0))  # type: ignore[type-var]
    text = Renderer(config, there).render(demo, [])["manager.conf"]
    assert ("eventfilter(name(" in text) is by_name
    assert ("\neventfilter = ^Event: " in text) is not by_name

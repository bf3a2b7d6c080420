"""The demo instance: the shipped demo site made lively and open at any hour, its agents, and customers with names.

It knows which lines of the shipped site.yaml it changes and refuses to guess when they are not there. Calls are not
its business.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import CtiError, Refused
from ..share import shared_folder
from ..site.files import EDITOR_HINT

MARK = "# A DEMO INSTANCE"
RING_SECONDS, WRAP_UP_SECONDS = 4, 4
RESCUE, HOTLINE = "4008009110", "4008001234"
ABSENT = "1005"  # the agent whose phone nobody picks up

_HEAD = f"""{MARK}, made from the shipped demo site. It differs from it in this:
# the office is open around the clock, because the demo may run at any hour; phones ring {RING_SECONDS} s and wrap-up is
# {WRAP_UP_SECONDS} s, and one missed call pauses an agent of `service`, so that there is something to see.
# Edit it, then `cti --home THIS_FOLDER dialplan apply`. Delete the whole folder to get a new one.
#
"""
_CHANGES = (  # what is looked for, what it becomes, how often it must be there (0: at least once)
    (
        r"(?m)^    open:\n(?:      .*\n)+    holidays:.*\n(?:      .*\n)+    dates:.*\n(?:      .*\n)+",
        '    open: {mon-sun: ["00:00-24:00"]}  # DEMO: around the clock\n',
        1,
    ),
    (
        r"(?m)^(    ring_seconds: )\d+(?=[\s\S]*^voicemail:)",
        rf"\g<1>{RING_SECONDS}",
        0,
    ),  # of queues: externals come last
    (r"(?m)^(    wrap_up_seconds: )\d+", rf"\g<1>{WRAP_UP_SECONDS}", 0),
    (r"(?ms)^(  service:\n    steps:.*?^    max_misses: )\d+", r"\g<1>1", 1),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A customer whose name the database knows by the number."""

    customer: str
    number: str
    name: str
    note: str = ""


CUSTOMERS = (
    Known(customer="60010001", number="13901230001", name="李明 · VIP", note="华星轿车 2024；首选赠送保养"),
    Known(customer="60010002", number="13901230002", name="James Carter · 使馆用车", note="speaks English"),
    Known(customer="60010003", number="13901230003", name="王秀英", note="预约过周六保养"),
    Known(customer="60010004", number="13901230004", name="诚达出租车队", note="40 辆车，月结"),
    Known(customer="60010005", number="13901230005", name="赵建国 · 投诉跟进", note="上周的投诉还没有答复"),
    Known(customer="60010006", number="13901230006", name="Maria Lopez", note="speaks English"),
    Known(customer="60010007", number="13901230007", name="陈杰 · VIP", note="两辆华星 SUV"),
)


def demo_site(shipped: str) -> str:
    """The text of site.yaml for the demo. Raises CtiError when the shipped one has lost a line that is changed here."""
    text = shipped
    for pattern, replacement, times in _CHANGES:
        text, found = re.subn(pattern, replacement, text)
        if found == 0 or (times and found != times):
            raise CtiError(
                f"the shipped demo site has changed: {pattern!r} is in it {found} times; mend stage/demo_site.py"
            )
    return _HEAD + text


def shipped_site() -> str:
    """The demo site as it is shipped."""
    return (shared_folder("dialplan") / "site.yaml").read_text(encoding="utf-8")


def demo_agents() -> list[dict[str, str]]:
    """The shipped demo agents: number, name, phone, skills."""
    with (shared_folder("dialplan") / "demo_agents.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def refuse_real_instance(home: Path) -> None:
    """Raises Refused for somebody's own instance: a demo places calls, logs agents in and out, and stops Asterisk."""
    site = home / "site.yaml"
    if not site.exists() or is_fresh(home):
        return
    if not site.read_text(encoding="utf-8", errors="replace").startswith(MARK):
        raise Refused(f"{home} is an instance of your own, not a demo; name another folder: cti demo FOLDER")


def is_fresh(home: Path) -> bool:
    """Whether the site is the shipped one, letter by letter, and nobody has used it: a demo being made was cut off."""
    site = home / "site.yaml"
    unused = not (home / "var" / "cti.sqlite").exists()
    shipped = EDITOR_HINT + shipped_site()
    return unused and site.is_file() and site.read_text(encoding="utf-8", errors="replace") == shipped

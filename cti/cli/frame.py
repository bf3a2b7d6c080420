"""One frame of `cti queue watch`: queues, waiting callers in their order, agents. It draws; it changes nothing.

Readable at 80 columns: numbers stand right, names give way first, and what does not fit in the terminal's height is
counted instead of shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .floor_view import AgentLine, CallerLine, Floor, QueueLine, agent_lines, caller_lines, queue_lines
from .rows import seen
from .words import word

COLOURS = {
    "ready": "green",
    "ringing": "magenta",
    "talking": "cyan",
    "wrap_up": "yellow",
    "paused": "red",
    "unreachable": "bold red",
    "offline": "dim",
}
NONE = "–"


def draw(
    floor: Floor, now: datetime, title: str, *, language: str, height: int | None = None, queue: str = ""
) -> RenderableType:
    """The frame at `now` (aware). `height`: the terminal's lines, None for as many as it takes."""
    queues = [line for line in queue_lines(floor, now) if not queue or line.queue == queue]
    callers, agents = caller_lines(floor, now, queue=queue), agent_lines(floor, now, queue=queue)
    room = _room(height, len(queues), len(callers), len(agents))
    return Group(
        Text(title, style="bold", no_wrap=True, overflow="ellipsis"),
        _queues(queues, language),
        Text(),
        _callers(callers[: room[0]], len(callers) - room[0], language),
        Text(),
        _agents(agents[: room[1]], len(agents) - room[1], language),
    )


def _room(height: int | None, queues: int, callers: int, agents: int) -> tuple[int, int]:
    """How many callers and agents are shown: half each of what is left, and each takes what the other leaves."""
    if height is None:
        return callers, agents
    left = max(2, height - queues - 9)  # title, three headings, two blanks, two counts, the cursor
    first = min(callers, max(left // 2, left - agents))
    return first, min(agents, left - first)


def _queues(lines: Sequence[QueueLine], language: str) -> Table:
    every = {line.today.get("within_seconds", 20) for line in lines} or {20}
    within = word("service", language).format(*every) if len(every) == 1 else word("in_time", language)
    table = _table(language, "queue", *(f">{within}" if name == ">service" else name for name in _NUMBERS))
    for line in lines:
        longest = "" if line.longest_seconds is None else ago(line.longest_seconds)
        name = Text(line.queue + (f" [{word('closed', language)}]" if line.closed else ""))
        name.stylize("red" if line.closed else "bold" if line.waiting else "")
        staff = (sum(line.staff.get(doing, 0) for doing in column) for column in _COUNTED)
        numbers = (line.waiting, longest, *staff, *today_of(line))
        table.add_row(name, *(_number(value) for value in numbers))
    return table


_NUMBERS = (">waiting", ">longest", ">ready", ">talk", ">wrap", ">pause", ">service", ">answered", ">abandoned")


def today_of(line: QueueLine) -> tuple[str | int, ...]:
    """Service level, answered and abandoned since midnight."""
    service = line.today.get("service_percent")
    return NONE if service is None else f"{service:.0f}%", line.today.get("answered", 0), line.today.get("abandoned", 0)


_COUNTED = (("ready",), ("ringing", "talking"), ("wrap_up",), ("paused",))


def _callers(lines: Sequence[CallerLine], hidden: int, language: str) -> RenderableType:
    if not lines:
        return Text(word("nobody waits", language), style="dim")
    columns = (">place", "caller", "queue", ">waited", ">priority", ">score", ">ring", ">next ring")
    table = _table(language, *columns)
    for line in lines:
        who = f"{line.number or word('withheld', language)} {line.name}".strip()
        opens = NONE if line.next_ring_seconds is None else ago(line.next_ring_seconds)
        numbers = (ago(line.waited_seconds), line.priority or "", f"{line.score:.0f}", line.ring, opens)
        table.add_row(str(line.place), Text(seen(who)), line.queue, *(_number(value) for value in numbers))
    return _with_rest(table, hidden, language)


def _agents(lines: Sequence[AgentLine], hidden: int, language: str) -> RenderableType:
    if not lines:
        return Text(word("nobody is at work", language), style="dim")
    table = _table(language, "agent", "name", "doing", ">since", "with")
    for line in lines:
        doing = Text(word(line.doing, language), style=COLOURS.get(line.doing, ""))
        table.add_row(line.agent, Text(seen(line.name)), doing, _number(ago(line.seconds)), _with(line, language))
    return _with_rest(table, hidden, language)


def _with(line: AgentLine, language: str) -> Text:
    parts = []
    if line.doing == "paused":
        parts.append(line.reason)
    elif line.call is not None:
        parts.append(f"{line.call['number'] or word('withheld', language)} {line.call['queue']}")
    elif line.doing == "talking":
        parts.append(word("own call", language))
    if line.over_time:
        parts.append(word("over time", language))
    if line.next:
        parts.append(f"{word('then', language)} {word(line.next, language)}")
    return Text(seen(", ".join(parts)))


def _with_rest(table: Table, hidden: int, language: str) -> RenderableType:
    return Group(table, Text(f"{word('more', language)} {hidden}", style="dim")) if hidden > 0 else table


def _table(language: str, *columns: str) -> Table:
    """`>` before a column's name sets it to the right."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim")
    for column in columns:
        right, name = column.startswith(">"), column.lstrip(">")
        wide = name in ("name", "caller", "with")
        table.add_column(
            word(name, language),
            justify="right" if right else "left",
            no_wrap=True,
            overflow="ellipsis",
            min_width=None if wide else _least(word(name, language)),
        )
    return table


def _least(heading: str) -> int:
    return Text(heading).cell_len


def _number(value: object) -> Text:
    return Text(str(value), style="dim" if value in (0, NONE) else "")


def ago(seconds: float) -> str:
    """`7`, `1:05` or `2:03:09`: seconds, minutes, hours."""
    whole = int(seconds)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minute:02}:{second:02}"
    return f"{minute}:{second:02}"

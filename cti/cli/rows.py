"""What the commands on rows share: opening the instance's database, printing so that no row can forge a line.

It knows the instance folder and the terminal; it knows no table.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..config import load_config
from ..errors import SiteError, UsageError
from ..site.files import text_in

if TYPE_CHECKING:
    from ..db.store import Store

T = TypeVar("T")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
timezone = click.option("--timezone", default="", help="Time zone of instants; default: the site's.")


def with_store(home: Path, work: Callable[[Store], Awaitable[T]]) -> T:
    """Open the instance's database, do `work`, close it. Raises CtiError."""
    from ..db.store import Store  # SQLAlchemy is half of the start of a command that reads no rows

    async def go() -> T:
        async with Store(load_config(home).database_url) as store:
            return await work(store)

    return asyncio.run(go())


def zone(home: Path, name: str) -> ZoneInfo:
    """The time zone `name`, or else the site's, or else UTC. Raises UsageError for an unknown one."""
    name = name or site_text(load_config(home).site_file, "timezone") or "UTC"
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(f"no time zone {name!r}; use a name such as Asia/Shanghai") from error


def site_text(file: Path, name: str) -> str:
    """One value of `site:`, "" when it cannot be read; whether the site is right, `cti site check` says."""
    try:
        return text_in(file, "site", name)
    except SiteError:
        return ""


def instant(text: str, where: ZoneInfo) -> datetime | None:
    """`2026-11-22`, `2026-11-22 10:30` or ISO with an offset -> UTC; "" -> None. Raises UsageError.

    A local time that a clock change skips or repeats means the earlier instant.
    """
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=where)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is no instant; write 2026-11-22 or '2026-11-22 10:30'") from error


def clock(at: datetime | None, where: ZoneInfo, form: str = "%Y-%m-%d %H:%M:%S") -> str:
    return at.astimezone(where).strftime(form) if at else ""


def print_json(value: Any) -> None:
    """One JSON document; instants as ISO text with their offset."""
    click.echo(json.dumps(value, default=_plain, ensure_ascii=True, indent=2))


def localised(value: Any, where: ZoneInfo) -> Any:
    """The same value with every instant in this zone."""
    if isinstance(value, datetime):
        return value.astimezone(where)
    if isinstance(value, dict):
        return {key: localised(item, where) for key, item in value.items()}
    return [localised(item, where) for item in value] if isinstance(value, list) else value


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[object]], *, none: str, right: Sequence[int] = ()
) -> None:
    """A table on stdout, or the sentence `none`. Values are printed as text: no markup, no control character.

    `right`: the columns of numbers.
    """
    if not rows:
        click.echo(none)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, overflow="fold", justify="right" if place in right else "left")
    for row in rows:
        table.add_row(*(Text(seen(value)) for value in row))
    console().print(table)


def console() -> Console:
    """Plain when it is not a terminal; then as wide as the rows need, so that `grep` sees whole lines."""
    shown = Console(highlight=False)
    return shown if shown.is_terminal else Console(highlight=False, width=220)


def seen(value: object) -> str:
    """Text in which what cannot be seen is escaped: no newline, ANSI sequence or bidi mark from outside survives."""
    return _UNSEEN.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), str(value))

"""The formats that a report is written in, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..reports.document import Report
from ..reports.formats import as_csv, as_json

# Each of these has a big library of its own, which nobody else waits for.


def _as_html(found: Report) -> str:
    from ..reports.page import as_html

    return as_html(found)


def _as_xlsx(found: Report) -> bytes:
    from ..reports.sheet import as_xlsx

    return as_xlsx(found)


def _as_parquet(found: Report) -> bytes:
    from ..reports.parquet import as_parquet

    return as_parquet(found)


WRITTEN: Mapping[str, Callable[[Report], str | bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "html": _as_html,
    "xlsx": _as_xlsx,
    "parquet": _as_parquet,
}

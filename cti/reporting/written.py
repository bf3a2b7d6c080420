"""The formats that a report is written in, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..reports.document import Report
from ..reports.formats import as_csv, as_json
from ..reports.page import as_html
from ..reports.sheet import as_xlsx


def _as_parquet(found: Report) -> bytes:
    from ..reports.parquet import as_parquet  # a big library, which the other formats do not wait for

    return as_parquet(found)


WRITTEN: Mapping[str, Callable[[Report], str | bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "html": as_html,
    "xlsx": as_xlsx,
    "parquet": _as_parquet,
}

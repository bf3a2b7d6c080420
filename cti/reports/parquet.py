"""Rows as Parquet: one schema for each table whatever its rows are, the same bytes for the same rows.

It knows column types and pyarrow; it knows neither tables nor folders. Instants are UTC timestamps in microseconds
(`isAdjustedToUTC`). Memory holds one row group.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .document import Report, Value

GROUP = 65_536  # rows of one row group: what is in memory at once
Columns = Sequence[tuple[str, str, bool]]  # name, type, whether it may be null
_TYPES: dict[str, Any] = {
    "text": pa.string(),
    "instant": pa.timestamp("us", tz="UTC"),
    "bool": pa.bool_(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float": pa.float64(),
}
_UNITS = {"text": "text", "instant": "instant", "count": "int64"}  # of a report's columns; the rest is a fraction


def arrow_schema(columns: Columns) -> Any:
    """These columns, as Arrow names their types."""
    return pa.schema([pa.field(name, _TYPES[kind], nullable=nullable) for name, kind, nullable in columns])


def arrow_writer(where: Any, schema: Any, about: Mapping[str, str] | None = None) -> Any:
    """A file for Arrow tables as all of ours are. Close it."""
    writer = pq.ParquetWriter(where, schema, compression="zstd", store_schema=False)
    writer.add_key_value_metadata(dict(about or {}))
    return writer


class RowWriter:
    """One Parquet file; rows come in any portions and the file is the same. Close it, or it is no Parquet file."""

    def __init__(self, file: Any, columns: Columns, about: Mapping[str, str] | None = None) -> None:
        self._schema = arrow_schema(columns)
        self._writer = arrow_writer(str(file) if isinstance(file, Path) else file, self._schema, about)
        self._waiting: list[Sequence[Any]] = []
        self.rows = 0

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Values in the order of the columns."""
        self._waiting.extend(rows)
        self.rows += len(rows)
        while len(self._waiting) >= GROUP:
            self._write(self._waiting[:GROUP])
            del self._waiting[:GROUP]

    def close(self) -> None:
        if self._waiting:
            self._write(self._waiting)
            self._waiting = []
        self._writer.close()

    def _write(self, rows: Sequence[Sequence[Any]]) -> None:
        columns = zip(zip(*rows, strict=True), self._schema, strict=True)
        arrays = [pa.array(values, type=field.type) for values, field in columns]
        self._writer.write_table(pa.table(arrays, schema=self._schema), row_group_size=GROUP)


def as_parquet(report: Report) -> bytes:
    """A report's rows; period, thresholds and the definition of every column are the file's key-value metadata."""
    columns = [(column.name, _UNITS.get(column.unit, "float"), True) for column in report.columns]
    about = {"report": report.name, "title": report.title, **report.about}
    about |= {f"definition of {column.name}": column.metric for column in report.columns if column.metric}
    data = io.BytesIO()
    writer = RowWriter(data, columns, about)
    writer.add([tuple(map(_utc, row)) for row in report.rows])
    writer.close()
    return data.getvalue()


def _utc(value: Value) -> Value:
    return value.astimezone(UTC) if isinstance(value, datetime) else value

"""A report as a value: columns that say what they are, rows, and the definitions of every number in it.

It knows how a value is shown by its unit; it refuses to know where values come from and what file they end in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

Value = str | int | float | datetime | None
HEADS = ("text", "instant")  # units of columns that say what a line is about
Definition = tuple[str, str, str, str]  # metric and version, formula, English, Chinese


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """`name` is stable and carries its unit (`asa_seconds`); `metric` is the definition behind it ("" = none).

    `of`: the column that says how many a share or a mean is made of ("" = see `Report.bases`).
    """

    name: str
    unit: str = "text"  # text, instant, count, percent, seconds, number
    metric: str = ""
    title: str = ""
    title_zh: str = ""
    of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One colour of a chart; None = there is no such number, and nothing is drawn."""

    name: str
    colour: str  # a CSS variable's name
    values: Sequence[float | None]
    name_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A group of bars for each label, on top of each other or side by side."""

    labels: Sequence[str]
    series: Sequence[Series]
    stacked: bool = False
    unit: str = ""
    title: str = ""
    title_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Lines over evenly spaced steps; `mark` is one step to be seen."""

    steps: Sequence[float]
    series: Sequence[Series]
    unit: str = ""
    mark: float | None = None
    title: str = ""
    title_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """A matrix; the higher a value, the stronger its colour (of 100 for percent, else of the highest)."""

    rows: Sequence[str]
    columns: Sequence[str]
    values: Sequence[Sequence[float | None]]
    colour: str
    unit: str = ""
    title: str = ""
    title_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One bar of a funnel, indented by `depth`; its parts side by side, each with its colour."""

    depth: int
    label: str
    parts: Sequence[tuple[float, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel:
    """Bars below each other, all on one scale."""

    tiers: Sequence[Tier]
    legend: Sequence[tuple[str, str, str]]
    title: str = ""
    title_zh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence about the numbers, in both languages."""

    says: str
    says_zh: str


Chart = Bars | Curve | Heat | Funnel


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Rows have as many values as there are columns; None: there is no such number.

    `charts` None: drawn from the columns (`page`). `compact`: what a terminal shows instead of the rows, where
    something fits it better.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)  # period, thresholds, filters: printed with every format
    notes: tuple[Note, ...] = ()
    title_zh: str = ""
    definitions: tuple[Definition, ...] = ()
    bases: tuple[tuple[int | None, ...], ...] = ()  # of each row, then of the total: how many a number is made of
    charts: tuple[Chart, ...] | None = None
    compact: tuple[Report, ...] = ()


def shown(value: Value, unit: str) -> str:
    """As a person reads it: percent and seconds with one digit, nothing as a dash."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, str):
        return value
    if unit == "percent":
        return f"{value:.1f} %"
    if unit == "seconds":
        return f"{value:.1f}" if value < 600 else f"{value / 60:.0f} min"
    if unit == "number":  # of whatever unit its line says
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,.0f}" if unit == "count" else str(value)


def label(value: Value) -> str:
    """Short, for a chart: the year stands above it."""
    return value.strftime("%m-%d %H:%M").removesuffix(" 00:00") if isinstance(value, datetime) else str(value)

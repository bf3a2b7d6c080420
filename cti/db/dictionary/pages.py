"""The data dictionary as one Markdown text and as one HTML file that needs nothing else.

It knows how entries look on paper; what they say is in `entries`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from .entries import Column, Entry

HEAD = ("column", "type", "unit", "meaning", "含义", "from")


def as_markdown(entries: Sequence[Entry]) -> str:
    """One section for each table or view."""
    return "\n".join(line for entry in entries for line in _section(entry))


def as_html(entries: Sequence[Entry]) -> str:
    """One page, to read, search and print."""
    environment = Environment(
        loader=PackageLoader("cti.db.dictionary", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2").render(entries=entries, head=HEAD, cells=cells)


def cells(column: Column) -> tuple[str, ...]:
    """One column's line, as `HEAD` has it."""
    kind = column.type + (" or NULL" if column.nullable else "") + (", key" if column.key else "")
    words = ", ".join(value or '""' for value in column.values)
    return column.name, kind, column.unit.value, f"{column.en}{': ' * bool(words)}{words}", column.zh, column.source


def _section(entry: Entry) -> Iterator[str]:
    yield f"## {entry.name}\n"
    yield f"{entry.kind.capitalize()}. {entry.en}.  \n{entry.zh}。  \nFrom: {entry.source}.{_parts(entry)}\n"
    yield f"| {' | '.join(HEAD)} |"
    yield f"|{'---|' * len(HEAD)}"
    for column in entry.columns:
        name, *rest = (cell.replace("|", "\\|") for cell in cells(column))
        yield f"| `{name}` | {' | '.join(rest)} |"
    yield ""


def _parts(entry: Entry) -> str:
    return f" On PostgreSQL in parts by month of `{entry.parted_by}`." if entry.parted_by else ""

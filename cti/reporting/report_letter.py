"""The e-mail that brings a report. It knows the words of two languages and headers; it sends nothing.

Its Message-ID is made of what is sent when and to whom, so a mail that came twice (killed between the server's word
and ours) is seen by a mail program as one.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from zoneinfo import ZoneInfo

from ..reports.document import shown
from .scheduled import Made

MOST_NUMBERS = 12  # of the whole, in the letter itself
_TYPES = {"csv": ("text", "csv"), "json": ("application", "json"), "html": ("text", "html")}
_WORDS = {
    "zh": ("报表", "时段", "计划", "附件", "合计"),
    "en": ("Report", "Period", "Schedule", "Attached", "All together"),
}


def letter(made: Made, due: datetime, to: str, *, sender: str, site: str, zone: ZoneInfo) -> EmailMessage:
    """The whole e-mail to one address. Raises ValueError for an address that no mail takes."""
    wanted, report = made.wanted, made.report
    user, _, domain = sender.rpartition("@")
    who = hashlib.sha256(to.encode()).hexdigest()[:12]
    mail = EmailMessage()
    mail["From"] = Address(display_name=site, username=user, domain=domain)
    mail["To"] = to
    mail["Subject"] = f"{_title(made, wanted.languages[0])} {_period(made, zone)} ({wanted.name})"
    mail["Date"] = format_datetime(due.astimezone(zone))
    mail["Message-ID"] = f"<report.{wanted.name}.{due:%Y%m%dT%H%M%S}.{who}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join(_text(made, language, zone) for language in wanted.languages) + "\n")
    for name, data in made.files:
        form = name.rpartition(".")[2]
        kind = _TYPES.get(form) or (mimetypes.guess_type(name)[0] or "application/octet-stream").split("/")
        mail.add_attachment(data, maintype=kind[0], subtype=kind[1], filename=name)
    assert report.columns
    return mail


def _title(made: Made, language: str) -> str:
    return made.report.title_zh if language == "zh" else f"{made.report.name}: {made.report.title}"


def _period(made: Made, zone: ZoneInfo) -> str:
    """`2026-11-21`, or `2026-11-16 – 2026-11-22` of whole days."""
    first, last = (at.astimezone(zone) for at in made.period)
    last_day = last.date().toordinal() - 1
    if first.date().toordinal() == last_day:
        return f"{first:%Y-%m-%d}"
    return f"{first:%Y-%m-%d} – {last.date().fromordinal(last_day):%Y-%m-%d}"


def _text(made: Made, language: str, zone: ZoneInfo) -> str:
    report, period, plan, attached, whole = _WORDS[language]
    lines = [
        f"{report}: {_title(made, language)}",
        f"{period}: {_period(made, zone)} ({zone.key})",
        f"{plan}: {made.wanted.name}, {made.wanted.when}",
        f"{attached}: {', '.join(name for name, _ in made.files)}",
    ]
    numbers = list(_numbers(made, language))
    return "\n".join([*lines, *(["", f"{whole}:", *numbers] if numbers else [])])


def _numbers(made: Made, language: str) -> Iterator[str]:
    """The first numbers of everything together; of a report of one line, that line's."""
    report = made.report
    row = report.total or (report.rows[0] if len(report.rows) == 1 else ())
    known = [(c, v) for c, v in zip(report.columns, row, strict=False) if c.unit not in ("text", "instant")]
    for column, value in known[:MOST_NUMBERS]:
        title = column.title_zh if language == "zh" else column.title
        unit = " s" if column.unit == "seconds" and isinstance(value, int | float) and value < 600 else ""
        yield f"  {title}: {shown(value, column.unit)}{unit}"

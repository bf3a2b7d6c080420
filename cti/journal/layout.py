"""What a file of another installation is, and which column is what: queue_log, CDR or CEL, with or without a header.

It knows the layouts that Asterisk's modules and their sample configurations write, and the names of the columns in the
`cdr` and `cel` tables of Asterisk, FreePBX and Issabel; it knows not what a value means. Sources: cdr/cdr_csv.c
(`build_csv_record`), configs/samples/cdr_custom.conf.sample and cel_custom.conf.sample (the same order from 1.8 to 23),
contrib/ast-db-manage/cdr, and Issabel's and FreePBX's `asteriskcdrdb`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..core.journal import Source
from .cel import EVENTS
from .fields import LONGEST_VALUE
from .queue_log import CALL
from .refusal import LineError

# Under which name a column is known here, and how it is called elsewhere (a table's column, or cel_custom's field).
_CDR = {
    "start": ("start", "calldate", "startdate"),
    "answer": ("answer", "answerdate"),
    "end": ("end", "enddate", "hangupdate"),
    "src": ("src",),
    "dst": ("dst",),
    "context": ("dcontext",),
    "clid": ("clid",),
    "channel": ("channel",),
    "peer": ("dstchannel",),
    "app": ("lastapp",),
    "appdata": ("lastdata",),
    "duration": ("duration",),
    "billsec": ("billsec",),
    "disposition": ("disposition",),
    "uniqueid": ("uniqueid",),
    "linkedid": ("linkedid",),
    "user": ("userfield",),
    "sequence": ("sequence",),
    "did": ("did",),
    "extension": ("cnum",),
}
_CEL = {
    "event": ("eventtype",),
    "time": ("eventtime",),
    "name": ("cid_name", "cidname"),
    "number": ("cid_num", "cidnum"),
    "exten": ("exten",),
    "context": ("context",),
    "channel": ("channame",),
    "app": ("appname",),
    "uniqueid": ("uniqueid",),
    "linkedid": ("linkedid",),
    "peer": ("peer", "bridgepeer"),
    "user": ("userfield",),
    "user_event": ("userdeftype", "usereventname"),
    "extra": ("extra", "eventextra"),
}
_NEEDED = {
    Source.CDR: ("start", "src", "dst", "duration", "disposition"),
    Source.CEL: ("event", "time", "uniqueid", "linkedid"),
}
_NAMES = {Source.CDR: _CDR, Source.CEL: _CEL}

_RANG = "channel peer app appdata start answer end duration billsec disposition amaflags"
# cdr_csv.c; after amaflags each of cdr.conf's options adds its own columns.
_CSV = f"accountcode src dst context clid {_RANG}"
_NEW = "peeraccount linkedid sequence"
_CUSTOM = f"clid src dst context {_RANG} accountcode uniqueid user sequence"
_OWN = "uniqueid linkedid src dst context channel peer app start answer end duration billsec disposition user sequence"
_CEL_CUSTOM = "event time name number ani rdnis dnid exten context channel app appdata amaflags accountcode"
_CEL_CUSTOM += " uniqueid linkedid peer user user_event extra"
_CEL_OWN = "event time uniqueid linkedid number name exten context channel app extra peer user"
_QUEUE_LOG = re.compile(rb"[0-9]{9,10}(?:\.[0-9]+)?\|[^|]*\|[^|]*\|[^|]*\|[A-Z]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T]|[0-9]{9,10}(?:\.[0-9]+)?$", re.ASCII)
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", "\\0": "", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\[ntr0\\]")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Layout:
    """How to read a file's records. `header`: the names of the columns, () = by their places; queue_log has neither."""

    source: Source
    delimiter: str = ","
    header: tuple[str, ...] = ()

    @property
    def by_line(self) -> bool:
        """No value holds a line feed: a record is a line."""
        return self.source is Source.QUEUE_LOG or self.delimiter == "\t"

    def named(self, raw: bytes) -> Mapping[str, str]:
        """The values of one record by our names; absent and NULL are "". Raises LineError."""
        values = _split(raw, self.delimiter)
        if self.header:
            if len(values) != len(self.header):
                raise LineError(f"not {len(self.header)} columns as in the header")
            names: Sequence[str] = self.header
        else:
            names = _cdr_places(values) if self.source is Source.CDR else _cel_places(values)
        return {name: "" if value in ("NULL", "\\N") else value for name, value in zip(names, values, strict=False)}


def layout_of(records: Iterable[bytes]) -> Layout | None:
    """What these first records of a file are; None: no journal."""
    for number, raw in enumerate(records):
        if _QUEUE_LOG.match(raw):
            return Layout(Source.QUEUE_LOG)
        if number == 0 and (found := _header(raw)):
            return found
        for source, places in ((Source.CEL, _cel_places), (Source.CDR, _cdr_places)):
            try:
                places(_split(raw, ","))
            except LineError:
                continue
            return Layout(source)
    return None


def _header(raw: bytes) -> Layout | None:
    text = raw.decode("utf-8", "replace").removeprefix(_BOM)
    delimiter = max(",;\t|", key=text.count)
    try:
        words = [word.strip().strip("`'").lower() for word in _split(text.encode(), delimiter)]
    except LineError:
        return None
    for source, names in _NAMES.items():
        ours = {word: name for name, theirs in names.items() for word in theirs}
        columns = tuple(ours.get(word, f"-{place}") for place, word in enumerate(words))
        if set(_NEEDED[source]) <= set(columns):
            return Layout(source, delimiter, columns)
    return None


def _split(raw: bytes, delimiter: str) -> list[str]:
    """One record's values. Quotes are doubled, or escaped by a backslash (MySQL); mysql's own TSV has none at all."""
    text = raw.rstrip(b"\r\n").decode("utf-8", "replace").replace("\x00", "\ufffd")
    if delimiter == "\t":
        values = [_ESCAPE.sub(lambda found: _ESCAPES[found.group()], value) for value in text.split("\t")]
    else:
        escape = "\\" if '\\"' in text else None
        try:
            lines = [f"{line}\n" for line in text.split("\n")]  # not splitlines(): U+2028 ends no line here
            rows = list(csv.reader(lines, delimiter=delimiter, escapechar=escape, strict=True))
        except csv.Error as error:
            raise LineError(f"not CSV: {error}") from error
        if len(rows) != 1:
            raise LineError("not one record")
        values = rows[0]
    if any(len(value) > LONGEST_VALUE for value in values):
        raise LineError("a value that is too long")
    return values


def _cdr_places(values: Sequence[str]) -> Sequence[str]:
    """The columns by where the instants stand: each of the layouts has them elsewhere. Raises LineError."""
    count = len(values)
    if count >= 16 and _DATE.match(values[9]) and _DATE.match(values[11]):
        names = _CSV
        if count in (17, 20):  # loguniqueid or loguserfield, one of them
            names += " uniqueid" if CALL.fullmatch(values[16]) else " user"
        elif count in (18, 21):
            names += " uniqueid user"
        return f"{names} {_NEW if count >= 19 else ''}".split()
    if count >= 16 and _DATE.match(values[8]) and _DATE.match(values[10]):
        ours = CALL.fullmatch(values[0]) and CALL.fullmatch(values[1] or values[0])
        return (_OWN if ours else _CUSTOM).split()
    raise LineError("columns that no CDR has")


def _cel_places(values: Sequence[str]) -> Sequence[str]:
    count = len(values)
    if count >= 13 and _DATE.match(values[1]) and (values[0] in EVENTS or values[0].isupper()):
        if CALL.fullmatch(values[2]):
            return _CEL_OWN.split()
        if count >= 16 and CALL.fullmatch(values[14]):
            return _CEL_CUSTOM.split()
    raise LineError("columns that no CEL has")

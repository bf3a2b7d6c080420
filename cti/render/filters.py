"""Filters that make a value safe to print into Asterisk's files, or refuse it.

They know what Asterisk's parsers do with a character; they decide nothing about routing. A template prints every
value that is not a fixed word through one of them. All raise ValueError with one line; the renderer adds where.

Sources (Asterisk 22): a `;` begins a comment unless a backslash stands before it, and only that backslash is taken
away (main/config.c, process_text_line: COMMENT_META); other backslashes are kept as they are. Lines over 8,191
bytes are cut. Application arguments are split at commas outside quotes and brackets (app.c,
__ast_app_separate_args) after `${}` and `$[]` were replaced (pbx_variables.c).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9_.+-]{0,79}")
_SPECIAL = re.compile(r"[,|\"'\\;&`\[\]{}<>]|\$[\[{]")
_TARGETS = {kind: f"cti-{kind}-" for kind in ("menu", "input", "queue", "voicemail", "external")}
_KEYS = {"*": "star", "#": "hash"} | {digit: digit for digit in "0123456789"}
MAX_VALUE = 4000  # bytes; config.c reads lines of at most 8,191


def conf(value: object) -> str:
    """Text for the right side of `name = value`: `;` escaped, booleans as yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = _line(value)
    if text != text.strip() or text.startswith((">", "=")):
        raise ValueError(f"{text!r} would lose its first or last character in a .conf file")
    return text.replace(";", "\\;")


def name(value: object) -> str:
    """An identifier: a section, context, extension, queue, endpoint."""
    text = _line(value)
    if not _NAME.fullmatch(text):
        raise ValueError(f"{text[:80]!r} is not a name: A-Z a-z 0-9 _ . + - only")
    return text


def arg(value: object) -> str:
    """One argument of a dialplan application: nothing that splits, quotes, joins, comments or is replaced."""
    text = _line(value)
    found = _SPECIAL.search(text)
    if found:
        raise ValueError(f"{text[:80]!r} cannot be an application's argument: it holds {found[0]!r}")
    if not _is_balanced(text):
        raise ValueError(f"{text[:80]!r} cannot be an application's argument: its brackets do not match")
    return text


def need(value: Mapping[str, int] | Iterable[tuple[str, int]]) -> str:
    """Skills as `a=1,b=2`, sorted; "" for none."""
    pairs = value.items() if isinstance(value, Mapping) else value
    return ",".join(f"{name(skill)}={int(level)}" for skill, level in sorted(pairs))


def goto(value: Any) -> str:
    """A site.Target as the argument of Goto: `cti-queue-sales,s,1`."""
    if value.kind == "hangup":
        return "cti-hangup,s,1"
    return f"{_TARGETS[value.kind]}{name(value.name)},s,1"


def prompt(value: object) -> str:
    """A prompt's name as Asterisk plays it; the channel's language picks the file (sounds/<language>/cti/)."""
    return f"cti/{name(value)}"


def sip_uri(trunk: Any, user: str = "") -> str:
    """A site.Trunk as a SIP URI: `sip:host:5080`, with the transport when it is not UDP."""
    transport = "" if trunk.transport == "udp" else f";transport={name(trunk.transport)}"
    return f"sip:{name(user) + '@' if user else ''}{_line(trunk.host)}{transport}"


def digits(value: object) -> str:
    """Only the digits of a number or a date: `+86 10` -> `8610`, 2026-10-01 -> `20261001`."""
    found = re.sub(r"[^0-9]", "", str(value))
    if not found:
        raise ValueError(f"{str(value)[:80]!r} has no digits")
    return found


def variable(value: object) -> str:
    """A name as part of a channel variable: `-` cannot be in one."""
    return re.sub(r"[-.+]", "_", name(value))


def key_name(value: object) -> str:
    """A telephone key as part of a label: 0-9, star, hash."""
    if value not in _KEYS:
        raise ValueError(f"{value!r} is not a telephone key")
    return _KEYS[str(value)]


def is_dialled(value: object) -> bool:
    """Whether a caller can dial this agent's number: digits only, and more than one (single keys are the menu's)."""
    return re.fullmatch(r"[0-9]{2,20}", str(value)) is not None


def begun(numbers: Iterable[object]) -> list[str]:
    """What any of these numbers may begin with: 1001, 1002 -> 1, 10, 100."""
    dialled = [str(number) for number in numbers if is_dialled(number)]
    return sorted({number[:length] for number in dialled for length in range(1, len(number))})


def sha1(value: object) -> str:
    """As Asterisk's SHA1() gives it: for a PIN that shall not be read at a glance; it protects against nothing else."""
    return hashlib.sha1(_line(value).encode(), usedforsecurity=False).hexdigest()


FILTERS: dict[str, Callable[..., Any]] = {
    each.__name__: each
    for each in (conf, name, arg, need, goto, prompt, digits, variable, key_name, is_dialled, begun, sip_uri, sha1)
}


def _line(value: object) -> str:
    """One line of text, or ValueError."""
    if value is None or (not isinstance(value, str | int | float) and not hasattr(value, "__fspath__")):
        raise ValueError(f"{type(value).__name__} cannot be printed into a file of Asterisk's")
    text = str(value)
    wrong = next((c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")), "")
    if wrong:
        raise ValueError(f"{text[:80]!r} holds the character {wrong!a}")
    if len(text.encode()) > MAX_VALUE:
        raise ValueError(f"a value of {len(text.encode())} bytes is longer than {MAX_VALUE}")
    return text


def _is_balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0

"""Passwords out of what is shown: the same secret becomes the same `‹secret 1›`, so a change of one is still seen.

It knows where Asterisk's files keep secrets, and the secrets it is told of; it changes nothing that is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from .words import SECRET

_LINE = re.compile(
    r"(?mi)^(?P<head>[ \t]*[a-z_]*(?:secret|password|md5_cred|refresh_token)[ \t]*=>?[ \t]*)"
    r"(?P<secret>(?:\\;|[^;\n])*?)[ \t]*(?=;|$)"
)
_MAILBOX = re.compile(r"(?m)^(?P<head>[A-Za-z0-9_.+-]+[ \t]*=>[ \t]*)(?P<secret>[^,\n]*)(?=,)")
_LEAST = 4  # characters of a secret that is looked for everywhere: a shorter one would hide plain numbers


class Mask:
    """One for each diff: numbers its secrets in the order in which they appear."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = {value for value in known if len(value) >= _LEAST}
        self._numbers: dict[str, int] = {}
        words = "|".join(re.escape(value) for value in sorted(self._known, key=len, reverse=True))
        self._anywhere = re.compile(rf"(?<![0-9A-Za-z])(?:{words})(?![0-9A-Za-z])") if words else None

    def hide(self, name: str, text: str) -> str:
        """The text of the file `name` without its secrets; as many lines as before."""
        text = _LINE.sub(self._replace, text)
        if name == "voicemail.conf":
            text = _MAILBOX.sub(self._replace, text)
        return self._anywhere.sub(lambda found: self._name(found[0]), text) if self._anywhere else text

    def _replace(self, found: re.Match[str]) -> str:
        return found["head"] + self._name(found["secret"]) if found["secret"] else found[0]

    def _name(self, secret: str) -> str:
        return f"‹secret {self._numbers.setdefault(secret, len(self._numbers) + 1)}›"


def secrets_in(plain: Any) -> Iterator[str]:
    """Every PIN and password of a site (as `words.plain` gives it)."""
    if isinstance(plain, dict):
        for key, value in plain.items():
            if key in SECRET and isinstance(value, str):
                yield value
            else:
                yield from secrets_in(value)
    elif isinstance(plain, list):
        for value in plain:
            yield from secrets_in(value)

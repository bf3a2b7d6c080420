"""Asterisk's own database (AstDB), read and written through its console: no right of the manager account is needed.

It knows `database show|put|del` and their answers; it refuses values that a console line could take for anything else.
A change is on disk within a second (main/db.c: db_sync_thread commits that often) and when Asterisk stops.
"""

from __future__ import annotations

import re

from ..config import Config
from ..errors import PbxError, UsageError
from .find import find_asterisk
from .process import command

_WORD = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_VALUE = re.compile(r"[A-Za-z0-9_.@:-]{1,200}")


def read_family(config: Config, family: str) -> dict[str, str]:
    """key -> value. Raises PbxError when Asterisk does not answer."""
    told = _ask(config, f"database show {_word(family)}")
    lines = re.finditer(rf"(?m)^/{re.escape(family)}/(\S+)\s*: (.*)$", told)
    return {found[1]: found[2].strip() for found in lines}


def write(config: Config, family: str, key: str, value: str) -> None:
    """Set one value. Raises PbxError when it was not done."""
    if not _VALUE.fullmatch(value):
        raise UsageError(f"{value[:40]!r} cannot be kept in Asterisk's database")
    told = _ask(config, f"database put {_word(family)} {_word(key)} {value}")
    if "successfully" not in told:
        raise PbxError(f"Asterisk's database did not take it: {' '.join(told.split())[:100]}")


def remove(config: Config, family: str, key: str) -> None:
    """Forget one value; nothing happens when it is not there."""
    told = _ask(config, f"database del {_word(family)} {_word(key)}")
    if "removed" not in told and "does not exist" not in told:
        raise PbxError(f"Asterisk's database did not take it: {' '.join(told.split())[:100]}")


def _word(text: str) -> str:
    if not _WORD.fullmatch(text):
        raise UsageError(f"{text[:40]!r} cannot be a key of Asterisk's database")
    return text


def _ask(config: Config, line: str) -> str:
    installation = find_asterisk(config)
    if installation is None:
        raise PbxError("there is no Asterisk on this machine yet; bring one with: cti pbx fetch")
    return command(config, installation, line)

"""Who calls: `agi://…/caller`, asked by the dialplan before a call goes on, and answered in time or not at all.

It knows the arguments and the variables of that contract (dialplan/README.md); it refuses to know where customers are
kept. The answer is one write with CTI_LOOKUP last: found, not_found or error. A database that is slow or gone is an
error after `seconds`, and so is a flood of callers: the call goes on either way. Digits may be a card's or a PIN: they
are never logged.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from ..errors import AgiRefused, CtiError
from .session import Session, named

log = logging.getLogger(__name__)

FOUND, NOT_FOUND, ERROR = "found", "not_found", "error"
SECONDS = 2.0  # when the dialplan says nothing else
MOST_SECONDS = 10.0
AT_ONCE = 50  # look-ups under way; a query takes milliseconds, so more means that the database is ill
# What a row of a customer may have -> the variable that the dialplan reads. The name goes to the agent's phone.
VARIABLES = {
    "id": "CTI_CUSTOMER",
    "name": "CTI_CUSTOMER_NAME",
    "priority": "CTI_PRIORITY",
    "language": "CTI_LANG",
    "prefer": "CTI_PREFER",
    "need": "CTI_NEED",
}
_KNOWN = frozenset(("call", "number", "did", "input", "digits"))
_SECONDS = re.compile(r"(?:^|&)seconds=([0-9]{1,3})(?:&|$)")
_TOO_LONG = 200  # characters of a variable's value

Row = Mapping[str, Any]
Find = Callable[[str, str], Awaitable[Row | None]]  # (number, digits): by digits when there are any


class Question(Session, Protocol):
    """A session whose URL may have a query."""

    @property
    def query(self) -> str: ...


class Callers:
    """`serve` is the handler of `agi://…/caller`. `find(number, digits)` gives a customer's row, None when unknown."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._asking = 0

    async def serve(self, session: Question) -> None:
        """Answer one question. Raises AgiRefused for a foreign dialplan."""
        values = named("caller", session.args, _KNOWN)
        if not values.get("call"):
            raise AgiRefused("caller: the dialplan sent no call; render it again with: cti dialplan apply")
        await session.finish(await self._answer(values, seconds_of(session.query)))

    async def _answer(self, values: Mapping[str, str], seconds: float) -> list[tuple[str, str]]:
        number, digits = values.get("number", ""), values.get("digits", "")
        if "input" in values and not digits:
            return [("CTI_LOOKUP", NOT_FOUND)]
        if self._asking >= AT_ONCE:
            log.warning("caller: %d look-ups are under way already; call %s goes on without", AT_ONCE, values["call"])
            return [("CTI_LOOKUP", ERROR)]
        self._asking += 1
        try:
            async with asyncio.timeout(seconds):
                row = await self._find(number, digits)
        except TimeoutError:
            log.warning("caller: no answer about call %s within %g s", values["call"], seconds)
            return [("CTI_LOOKUP", ERROR)]
        except CtiError as error:
            log.warning("caller: nothing is known of call %s: %s", values["call"], error)
            return [("CTI_LOOKUP", ERROR)]
        finally:
            self._asking -= 1
        if row is None:
            return [("CTI_LOOKUP", NOT_FOUND)]
        return [*_variables(row), ("CTI_LOOKUP", FOUND)]


def seconds_of(query: str) -> float:
    """`seconds=3` of a URL's query, within bounds."""
    found = _SECONDS.search(query)
    return max(1.0, min(MOST_SECONDS, float(found[1]))) if found else SECONDS


def _variables(row: Row) -> list[tuple[str, str]]:
    """One line each, as AGI can carry it; what the row does not have is not set."""
    told = ((variable, str(row.get(column) or "")) for column, variable in VARIABLES.items())
    return [(variable, _one_line(value)) for variable, value in told if value]


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:_TOO_LONG]

"""Definitions of numbers that no sum of counters can give: each a name, a version, a formula in words.

It knows what such a number means; the code that makes it is named in `made_by`, so that whoever prints it can be held
to one text. A change of meaning is a new version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What a number is. `formula` names columns or facts; `made_by` is the function that makes it."""

    name: str
    formula: str
    says: str
    says_zh: str
    made_by: str
    version: int = 1

    @property
    def titled(self) -> str:
        """`repeat_rate v1`."""
        return f"{self.name} v{self.version}"


_REPEATS = "core.metrics.repeats"
_ALL = (
    Definition(
        name="contacts",
        formula="calls from outside with a number, whose window of N days is over",
        says="customers got in touch; calls that we made back are none of theirs",
        says_zh="客户来电（号码可见，且 N 天观察期已满）",
        made_by=_REPEATS,
    ),
    Definition(
        name="censored",
        formula="contacts whose window is not over yet",
        says="nobody can know yet whether they call again; in no rate, whether they did already or not",
        says_zh="观察期未满，不计入任何比率",
        made_by=_REPEATS,
    ),
    Definition(
        name="repeat_rate",
        formula="contacts that the same number followed by another within N days / contacts",
        says="who had to call again; exactly N days later still counts",
        says_zh="N 天内同号码再次来电 / 来电",
        made_by=_REPEATS,
    ),
    Definition(
        name="first_call_resolution",
        formula="first calls that nobody followed within N days / first calls",
        says="first calls are answered contacts that did not follow another one within N days",
        says_zh="首次解决率：N 天内未再来电的首次接通 / 首次接通",
        made_by=_REPEATS,
    ),
)
BEYOND: Mapping[str, Definition] = {definition.name: definition for definition in _ALL}

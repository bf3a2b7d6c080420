"""How journal lines are found by the ids of a call: by their call, or by their leg.

Of most lines the leg is the call itself. Such a line is found by its call; the index of legs has the others alone, a
sixth of all, as each line in each index costs every import. So whoever looks for a leg asks as is written here, or, in
words of SQL and beside a look for the call, `leg {among} AND leg <> call`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from ..core.journal import Source
from .tables import JournalLineRow

_LINE = JournalLineRow.__table__.c


def by_leg(legs: Any, source: Source) -> ColumnElement[bool]:
    """Lines of these legs in one kind of journal; its name is no plain column, or SQLite would read all of that kind,
    as the key begins with it."""
    other = and_(_LINE.leg.in_(legs), _LINE.leg != _LINE.call)
    return and_(
        _LINE.source.concat("") == source.value, or_(other, and_(_LINE.call.in_(legs), _LINE.leg == _LINE.call))
    )


def by_key(keys: Any) -> ColumnElement[bool]:
    """Lines whose call or whose leg is one of these."""
    return or_(_LINE.call.in_(keys), and_(_LINE.leg.in_(keys), _LINE.leg != _LINE.call))

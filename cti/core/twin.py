"""A second machine that begins in the same state and shares nothing that can change: for trying what would follow.

It knows how a machine of the core is built (objects with fields, containers, bound methods, closures over itself) and
copies all of it; values are shared. It refuses what it does not know, so that nothing real can change by mistake.
`copy.deepcopy` would not do: it keeps lambdas as they are, so that the copy's handlers act on the original, and takes
far longer, because it copies values too.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from operator import attrgetter, itemgetter
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, NoneType
from typing import Any, TypeVar

from . import words

T = TypeVar("T")
_VALUES: tuple[type, ...] = (
    *(NoneType, bool, int, float, str, bytes, datetime, timedelta, tzinfo, Enum, type),
    *(BuiltinFunctionType, attrgetter, itemgetter),
)
_ROOM = __package__


def twin(machine: T) -> T:
    """The same machine again. Raises TypeError for a kind of object that nobody has thought of here."""
    found: T = _copy(machine, {})
    return found


def _copy(thing: Any, known: dict[int, Any]) -> Any:
    copier = _COPIERS.get(type(thing))
    if copier is _as_it_is:
        return thing
    found = known.get(id(thing))
    if found is None:
        found = (copier or _learn(type(thing)))(thing, known)
        known[id(thing)] = found
    return found


def _learn(kind: type) -> Callable[[Any, dict[int, Any]], Any]:
    """How objects of this kind are copied; noted for the next one."""
    if issubclass(kind, _VALUES) or kind.__module__ == words.__name__:
        copier = _as_it_is
    elif is_dataclass(kind) and kind.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        copier, _NAMES[kind] = _frozen, tuple(field.name for field in fields(kind))
    elif kind.__module__.startswith(f"{_ROOM}."):
        copier, _NAMES[kind] = _object, _slots(kind)
    else:
        raise TypeError(f"a twin of {kind.__module__}.{kind.__qualname__} cannot be made: say how in core/twin.py")
    _COPIERS[kind] = copier
    return copier


def _as_it_is(thing: Any, known: dict[int, Any]) -> Any:  # noqa: ARG001 (every copier's signature)
    return thing


def _frozen(thing: Any, known: dict[int, Any]) -> Any:
    """Shared, unless something in it can change."""
    changed = {}
    for name in _NAMES[type(thing)]:
        before = getattr(thing, name)
        after = _copy(before, known)
        if after is not before:
            changed[name] = after
    return replace(thing, **changed) if changed else thing


def _object(thing: Any, known: dict[int, Any]) -> Any:
    kind = type(thing)
    found = known[id(thing)] = object.__new__(kind)  # known before its fields: they may lead back to it
    for name in _NAMES[kind]:
        if hasattr(thing, name):
            setattr(found, name, _copy(getattr(thing, name), known))
    for name, value in getattr(thing, "__dict__", {}).items():
        found.__dict__[name] = _copy(value, known)
    return found


def _slots(kind: type) -> tuple[str, ...]:
    named = (getattr(parent, "__slots__", ()) for parent in kind.__mro__)
    return tuple(
        name for slots in named for name in ((slots,) if isinstance(slots, str) else slots) if name[:2] != "__"
    )


def _dict(thing: dict[Any, Any], known: dict[int, Any]) -> dict[Any, Any]:
    found: dict[Any, Any] = thing.copy()
    known[id(thing)] = found
    if not _plain(thing.values()) or not _plain(thing):
        found.clear()
        for key, value in thing.items():
            found[_copy(key, known)] = _copy(value, known)
    return found


def _list(thing: list[Any], known: dict[int, Any]) -> list[Any]:
    if _plain(thing):
        return thing.copy()
    found: list[Any] = []
    known[id(thing)] = found
    found.extend(_copy(item, known) for item in thing)
    return found


def _tuple(thing: tuple[Any, ...], known: dict[int, Any]) -> tuple[Any, ...]:
    if _plain(thing):
        return thing
    items = [_copy(item, known) for item in thing]
    return thing if all(after is before for after, before in zip(items, thing, strict=True)) else tuple(items)


def _set(thing: set[Any], known: dict[int, Any]) -> set[Any]:
    return thing.copy() if _plain(thing) else {_copy(item, known) for item in thing}


def _deque(thing: deque[Any], known: dict[int, Any]) -> deque[Any]:
    return deque((_copy(item, known) for item in thing), thing.maxlen)


def _plain(things: Iterable[Any]) -> bool:
    """Whether nothing in here is more than a value; most containers hold only ids."""
    return _PLAIN.issuperset(map(type, things))


def _method(thing: MethodType, known: dict[int, Any]) -> MethodType:
    return MethodType(thing.__func__, _copy(thing.__self__, known))


def _function(thing: FunctionType, known: dict[int, Any]) -> FunctionType:
    """A lambda that closes over a machine closes over the twin afterwards."""
    if thing.__closure__ is None:
        return thing
    cells = tuple(CellType(_copy(cell.cell_contents, known)) for cell in thing.__closure__)
    if all(new.cell_contents is old.cell_contents for new, old in zip(cells, thing.__closure__, strict=True)):
        return thing
    return FunctionType(thing.__code__, thing.__globals__, thing.__name__, _copy(thing.__defaults__, known), cells)


_NAMES: dict[type, tuple[str, ...]] = {}  # the fields of each kind
_PLAIN = frozenset((NoneType, bool, int, float, str, bytes, datetime, timedelta))
_COPIERS: dict[type, Callable[[Any, dict[int, Any]], Any]] = {
    **dict.fromkeys((*_PLAIN, frozenset), _as_it_is),
    **dict.fromkeys((dict, OrderedDict, defaultdict), _dict),
    list: _list,
    tuple: _tuple,
    set: _set,
    deque: _deque,
    MethodType: _method,
    FunctionType: _function,
}

"""Extensions as Asterisk matches them: `_X.`, `_*13X`, `_[0-9*#+].`; which numbers they take and which they share.

It knows the pattern language (pbx.c: `_extension_match_core`); it refuses to know which of two patterns would win.
"""

from __future__ import annotations

_CLASSES = {
    "X": frozenset("0123456789"),
    "Z": frozenset("123456789"),
    "N": frozenset("23456789"),
}
_ANY = frozenset("0123456789*#+ABCDabcdefghijklmnopqrstuvwxyzEFGHIJKLMNOPQRSTUVWXYZ-_")
_Parts = tuple[tuple[frozenset[str], ...], str]  # what each place takes, and the ending: "", "." (one more), "!" (any)


def takes(pattern: str, number: str) -> bool:
    """Whether an extension written as `pattern` is found for `number`."""
    if not pattern.startswith("_"):
        return pattern == number
    places, ending = _parts(pattern)
    if not all(character in place for character, place in zip(number, places, strict=False)):
        return False
    more = len(number) - len(places)
    return more == 0 if not ending else more >= (1 if ending == "." else 0)


def example(one: str, other: str) -> str:
    """A number that both take, "" when there is none."""
    if not one.startswith("_") or not other.startswith("_"):
        exact, pattern = (one, other) if not one.startswith("_") else (other, one)
        return exact if takes(pattern, exact) else ""
    (left, left_end), (right, right_end) = _parts(one), _parts(other)
    length = max(len(left) + (left_end == "."), len(right) + (right_end == "."))
    if (length > len(left) and not left_end) or (length > len(right) and not right_end):
        return ""
    padded = zip(_padded(left, length), _padded(right, length), strict=True)
    shared = [min(a & b, default="", key=lambda c: (not c.isdigit(), c)) for a, b in padded]
    return "".join(shared) if all(shared) else ""


def _padded(places: tuple[frozenset[str], ...], length: int) -> tuple[frozenset[str], ...]:
    return places + (_ANY,) * (length - len(places))


def _parts(pattern: str) -> _Parts:
    places: list[frozenset[str]] = []
    rest = pattern[1:].replace(" ", "")
    while rest:
        character, rest = rest[0], rest[1:]
        if character in ".!":
            return tuple(places), character
        if character == "[" and "]" in rest:
            inside, _, rest = rest.partition("]")
            places.append(_set(inside))
        elif character != "-":  # pbx.c: a `-` between digits is left out
            places.append(_CLASSES.get(character.upper(), frozenset(character)))
    return tuple(places), ""


def _set(inside: str) -> frozenset[str]:
    """`0-9*#+` as characters."""
    found: set[str] = set()
    at = 0
    while at < len(inside):
        if inside[at + 1 : at + 2] == "-" and at + 2 < len(inside):
            found |= {chr(code) for code in range(ord(inside[at]), ord(inside[at + 2]) + 1)}
            at += 3
        else:
            found.add(inside[at])
            at += 1
    return frozenset(found)

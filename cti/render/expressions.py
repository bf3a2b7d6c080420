"""An application's arguments as text: where they split, whether their brackets and quotes match, what they call.

It knows how Asterisk reads `${…}`, `$[…]` and commas before anything is replaced (pbx_variables.c:
ast_str_substitute_variables_full; app.c: __ast_app_separate_args); it refuses to know any application.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_FUNCTION = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\(")
_WRITTEN = re.compile(r"(?:^|,)\s*([A-Z][A-Z0-9_]*)\(")
_CLOSING = {"(": ")", "[": "]", "{": "}"}


def split(text: str, at: str = ",") -> list[str]:
    """The parts between `at`s that stand outside brackets, quotes and `${…}`; a backslash keeps one from splitting."""
    parts, part, open_, quoted, escaped = [], "", [], False, False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character in _CLOSING:
            open_.append(_CLOSING[character])
        elif open_ and character == open_[-1]:
            open_.pop()
        elif character == at and not open_ and not quoted:
            parts.append(part)
            part = ""
            continue
        part += character
    return [*parts, part]


def branches(text: str) -> tuple[str, list[str]]:
    """`condition?yes:no` -> (condition, [yes, no]); a condition without branches -> (text, [])."""
    condition, *rest = split(text, "?")
    return condition, split("?".join(rest), ":") if rest else []


def unbalanced(text: str) -> str:
    """What does not match in the text, in words; "" when everything does."""
    for kind, closing in (("${", "}"), ("$[", "]")):
        for match in re.finditer(re.escape(kind), text):
            end = _end(text, match.end(), kind[1], closing)
            if end < 0:
                return f"{kind} without {closing}: {text[match.start() : match.start() + 40]}"
            if kind == "$[" and _bare(text[match.end() : end]).count('"') % 2:
                return f"a quote is not closed: {text[match.start() : end + 1][:60]}"
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            break
    return "" if depth == 0 else "( and ) do not match"


def functions(text: str) -> Iterator[str]:
    """The names of the functions that the text calls, and, for Set and MSet, of those that it writes to."""
    yield from (match[1] for match in _FUNCTION.finditer(text))


def written(text: str) -> Iterator[str]:
    """The functions on the left of `=` in the arguments of Set and MSet."""
    for part in split(text):
        if match := _WRITTEN.match(part):
            yield match[1]


def is_fixed(text: str) -> bool:
    """Whether nothing in it is replaced when it runs."""
    return "${" not in text and "$[" not in text


def shape(text: str) -> str:
    """A regular expression for what the text can become: every `${…}` and `$[…]` is something."""
    found, at = "", 0
    while at < len(text):
        if text.startswith(("${", "$["), at):
            end = _end(text, at + 2, text[at + 1], _CLOSING[text[at + 1]])
            if end < 0:
                return ".*"
            found, at = found + ".*", end + 1
        else:
            found, at = found + re.escape(text[at]), at + 1
    return found


def _end(text: str, start: int, opening: str, closing: str) -> int:
    """Where the bracket opened before `start` closes; -1 = nowhere. Any bracket of its kind counts, as in Asterisk."""
    depth = 1
    for at in range(start, len(text)):
        depth += (text[at] == opening) - (text[at] == closing)
        if depth == 0:
            return at
    return -1


def _bare(text: str) -> str:
    """The text without what stands in `${…}`: quotes in there are a function's own."""
    found, at = "", 0
    while at < len(text):
        end = _end(text, at + 2, "{", "}") if text.startswith("${", at) else -1
        if end >= 0:
            at = end + 1
        else:
            found, at = found + text[at], at + 1
    return found

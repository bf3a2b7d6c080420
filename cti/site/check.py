"""What no single section can say: things that only clash, or only lack each other, across the whole site.

It knows names, numbers and what Asterisk keeps them in; it refuses to read YAML. Plain references (a queue that a
menu names) are looked up while reading, in `fields.exists`.
"""

from __future__ import annotations

import phonenumbers

from .fields import DID, Context
from .reading import first_at


def check_whole(ctx: Context) -> None:
    """Note what is wrong between sections, at the lines where their names are written."""
    _check_numbers(ctx)
    _check_variables(ctx)
    if ctx.known.get("externals") and not ctx.known.get("outbound"):
        line = next(iter(ctx.known["externals"].values()))
        ctx.wrong(line, "externals need an outbound trunk", "add outbound: {trunk: …, caller_id: …}")


def _check_numbers(ctx: Context) -> None:
    """No two numbers may mean the same line, however they are written."""
    seen: dict[str, tuple[str, int]] = {}
    for did, line in ctx.known.get("numbers", {}).items():
        if not DID.fullmatch(did):
            continue
        meanings = {did.lstrip("+"), normal(did, ctx.country)}
        for meaning in meanings & seen.keys():
            other, first = seen[meaning]
            ctx.wrong(line, f"numbers: {did} is the same as {other}", first_at(first, line))
            break
        seen |= dict.fromkeys(meanings, (did, line))


def normal(number: str, country: str) -> str:
    """E.164 digits without the plus; the plain digits when the country's plan does not know the number."""
    try:
        parsed = phonenumbers.parse(number, country or None)
    except phonenumbers.NumberParseException:
        return number.lstrip("+")
    return f"{parsed.country_code}{phonenumbers.national_significant_number(parsed)}"


def _check_variables(ctx: Context) -> None:
    """`a-b` and `a_b` would share the channel variable CTI_DIGITS_a_b, and so would a menu and an input of one name."""
    seen: dict[str, str] = {}
    names = [(name, line) for section in ("menus", "inputs") for name, line in ctx.known.get(section, {}).items()]
    for name, line in names:
        variable = name.replace("-", "_")
        if variable in seen:
            other = seen[variable]
            same = "are one name" if other == name else "differ only in - and _"
            ctx.wrong(line, f"menus and inputs: {name} and {other} {same}", "rename one of them")
        seen[variable] = name

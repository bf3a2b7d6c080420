"""Which numbers a caller may have us call: a toll fraudster's first idea is to be called back at a premium number.

It knows numbering plans (phonenumbers) and the site's `outbound`; it refuses to know who asks. Allowed are valid
numbers of the countries that `outbound` names (default: the site's own) that cost what an ordinary call costs, and
that are not the site's own. Without a country nothing is known of prices: then only what has no `+` and no leading 00.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from .check import normal
from .model import Site

_NUMBER = re.compile(r"\+?[0-9]{5,16}", re.ASCII)
_ORDINARY = (
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.VOIP,
    PhoneNumberType.PERSONAL_NUMBER,
)


def is_dialable(number: str, site: Site) -> bool:
    """Whether a callback may go to this number, as it was typed or shown."""
    if site.outbound is None or not _NUMBER.fullmatch(number):
        return False
    own = {normal(did, site.site.country) for did in site.numbers}
    if line_of(number, site.site.country) in own:
        return False
    countries = site.outbound.countries or ((site.site.country,) if site.site.country else ())
    if not countries:
        return not number.startswith(("+", "00"))
    try:
        parsed = phonenumbers.parse(number, site.site.country or None)
    except phonenumbers.NumberParseException:
        return False
    return (
        phonenumbers.is_valid_number(parsed)
        and phonenumbers.region_code_for_number(parsed) in countries
        and phonenumbers.number_type(parsed) in _ORDINARY
    )


@lru_cache(maxsize=10_000)
def line_of(number: str, country: str) -> str:
    """The same text for every spelling of one line: 138…, 0138… and +86138… (parsing costs 50 microseconds)."""
    return normal(number, country)

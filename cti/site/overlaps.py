"""Numbers that mean two things to whoever dials them: agents' own, feature codes, the outside, the site's numbers.

It knows what a phone may dial (dialplan/_agents.j2); it refuses to know patterns of an admin's own templates, which
`render.lint` reads as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .check import normal
from .model import Site

OUTSIDE = 7  # _agents.j2: [+0-9]XXXXX. takes so many digits and more


class Overlap(NamedTuple):
    """`section` and `name` say where in site.yaml the other meaning is written."""

    section: str
    name: str
    text: str
    hint: str


def overlaps_of(site: Site, agents: Iterable[str]) -> Iterator[Overlap]:
    """Every agent's number that is also a code, one of the site's numbers, or a number outside."""
    lines = {normal(did, site.site.country): did for did in site.numbers} | {did: did for did in site.numbers}
    codes = {code: feature for feature, code in site.feature_codes.dialled().items()}
    parked = {site.parking.number, *site.parking.numbers} if site.parking else set()
    for agent in sorted(set(agents)):
        did = lines.get(agent) or lines.get(normal(agent, site.site.country))
        if agent in codes:
            text = f"agent {agent} cannot be dialled: it is the feature code of {codes[agent]}"
            yield Overlap("feature_codes", codes[agent], text, "give the agent or the code another number")
        elif agent in parked:
            text = f"agent {agent} cannot be dialled: it is a number of parking"
            yield Overlap("parking", "number", text, "give the agent or the parking another number")
        elif did:
            text = f"agent {agent} has the number that callers dial as {did}: colleagues reach the agent only"
            yield Overlap("numbers", did, text, "give the agent another number")
        elif site.outbound and len(agent) >= OUTSIDE:
            text = f"agent {agent} hides the telephone number {agent}: nobody can dial that outside"
            yield Overlap("outbound", "", text, f"agents' numbers have fewer than {OUTSIDE} digits")

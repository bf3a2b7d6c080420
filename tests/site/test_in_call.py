"""`call_keys:` and `parking:`: keys that could not be told apart, places that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.errors import SiteError
from cti.site.in_call import CallKeys, Transfers
from cti.site.load import load_site
from cti.site.model import Site
from cti.site.overlaps import overlaps_of

HEAD = "site: {name: Test, timezone: UTC, languages: [zh, en]}\n"
PARKING = 'parking: {number: "700"}\n'


def site_of(folder: Path, text: str) -> Site:
    (folder / "site.yaml").write_text(HEAD + text)
    return load_site(folder / "site.yaml")


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SiteError) as caught:
        site_of(folder, text)
    return [line.partition(": ")[2] for line in caught.value.mistakes]


def test_a_caller_passed_on_in_vain_comes_back_as_the_site_says(tmp_path: Path) -> None:
    assert site_of(tmp_path, "").transfers == Transfers(return_seconds=25, otherwise="queue")
    told = site_of(tmp_path, "transfers: {return_seconds: 0, otherwise: mailbox}\n").transfers
    assert told == Transfers(return_seconds=0, otherwise="mailbox")


def test_nothing_is_offered_that_is_not_named(tmp_path: Path) -> None:
    site = site_of(tmp_path, "")
    assert (site.call_keys, site.parking, site.call_keys.dial_options) == (CallKeys(), None, "")


@pytest.mark.parametrize(
    ("keys", "options"),
    [
        ('blind_transfer: "##"', "t"),
        ('attended_transfer: "*2", conference: "*3"', "t"),
        ('park: "*4"', "k"),
        ('blind_transfer: "##", park: "*4"', "tk"),
        ("blind_transfer: none", ""),
    ],
)
def test_only_what_is_offered_is_listened_for(tmp_path: Path, keys: str, options: str) -> None:
    assert site_of(tmp_path, f"{PARKING}call_keys: {{{keys}}}\n").call_keys.dial_options == options


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            'call_keys: {blind_transfer: "*2", attended_transfer: "*21"}\n',
            "call_keys: attended_transfer is *21 (one must not begin like the other: blind_transfer is *2)",
        ),
        (
            'call_keys: {conference: "*3"}\n',
            "call_keys: conference without attended_transfer (it joins all three while a colleague is consulted, which"
            " attended_transfer begins)",
        ),
        (
            'call_keys: {park: "*4"}\n',
            'call_keys: park needs a place to park in (add parking: {number: "700"})',
        ),
        (
            'call_keys: {park: "A"}\n' + PARKING,
            "call_keys: park is 'A' (one to five of 0-9 * #, such as \"*2\"; none = not offered)",
        ),
        (
            'parking: {number: "95", places: 5}\n',
            "parking: 5 places after 95 (the places follow the number; the last would be 100)",
        ),
        (
            "transfers: {return_seconds: 3}\n",
            "transfers: return_seconds is 3 (0 = they do not come back; else 5 to 300 seconds, so that a phone can"
            " ring)",
        ),
        ('parking: {number: "0700"}\n', "parking: number is '0700' (two to five digits, in quotes, such as \"700\")"),
        ("parking: {places: 5}\n", "parking needs number"),
    ],
)
def test_mistakes_are_told_with_what_to_do(tmp_path: Path, text: str, told: str) -> None:
    assert mistakes(tmp_path, text)[:1] == [told]


def test_the_places_follow_the_number(tmp_path: Path) -> None:
    parking = site_of(tmp_path, 'parking: {number: "700", places: 3}\n').parking
    assert parking is not None
    assert parking.numbers == ("701", "702", "703")


def test_an_agents_number_that_is_a_place_to_park_is_told(tmp_path: Path) -> None:
    site = site_of(tmp_path, PARKING)
    found = [overlap.text for overlap in overlaps_of(site, ["699", "700", "720", "721"])]
    assert found == [f"agent {agent} cannot be dialled: it is a number of parking" for agent in ("700", "720")]

"""`service_level` of a queue: read, what it leaves out is the site's, and every mistake told with its line."""

from __future__ import annotations

import pytest

from cti.errors import SiteError
from cti.site.in_time import thresholds_of
from cti.site.load import load_site

HEAD = "site: {name: x, timezone: Asia/Shanghai, languages: [zh]}\nreports: {within_seconds: 30, short_seconds: 2.5}\n"


def site(tmp_path, *queues: str):
    path = tmp_path / "site.yaml"
    told = "".join(f"  queue{n}: {{overflow: hangup{option}}}\n" for n, option in enumerate(queues))
    path.write_text(f"{HEAD}queues:\n{told}")
    return load_site(path)


def test_a_queue_has_its_own_and_what_it_does_not_say_is_the_sites(tmp_path):
    options = ("", ", service_level: {within_seconds: 10}", ", service_level: {short_seconds: 0}")
    found = thresholds_of(site(tmp_path, *options))
    told = [(found.of(f"queue{n}").within_ms, found.of(f"queue{n}").short_ms) for n in range(3)]
    assert told == [(30_000, 2_500), (10_000, 2_500), (30_000, 0)]
    assert found.of("one that is gone").within_ms == 30_000


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("{within_seconds: 3601}", "queue queue0: service_level: within_seconds is 3601"),
        ("{short_seconds: soon}", "queue queue0: service_level: short_seconds is"),
        ("{within: 20}", "queue queue0: service_level: unknown option 'within'"),
        ("{}", "queue queue0: service_level says nothing (within_seconds, short_seconds or both)"),
        ("20", "queue queue0: service_level"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path, option, said):
    with pytest.raises(SiteError) as told:
        site(tmp_path, f", service_level: {option}")
    assert f"site.yaml:4: {said}" in str(told.value)

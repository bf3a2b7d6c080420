"""New instances get ports of their own, whether the others run or not."""

import socket

import pytest

from cti.errors import ConfigError
from cti.ports import free_ports


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def homes(tmp_path):
    made = [tmp_path / f"home{number}" for number in range(60)]
    for home in made:
        home.mkdir()
    return made


def span(ports):
    return range(ports["sip_port"], ports["rtp_last"] + 1)


def test_no_two_instances_share_a_port_though_none_of_them_runs(homes):
    taken = [span(free_ports(home=home)) for home in homes[:30]]
    assert sum(map(len, taken)) == len(set().union(*taken))


def test_blocks_of_different_sizes_do_not_overlap_either(homes):
    taken = [
        span(free_ports(home=home, rtp_pairs=pairs)) for home, pairs in zip(homes, (800, 50, 200, 400), strict=False)
    ]
    assert sum(map(len, taken)) == len(set().union(*taken))


def fill(homes):
    """Give ports to homes until none are left; what was given."""
    given = []
    for home in homes:
        try:
            given.append(free_ports(home=home))
        except ConfigError:
            return given
    return pytest.fail("there was always another block")


def test_an_instance_keeps_its_ports_and_frees_them_by_being_removed(homes):
    first = free_ports(home=homes[0])
    assert free_ports(home=homes[0]) == first
    assert first not in [free_ports(home=home) for home in homes[1:20]]
    homes[0].rmdir()
    assert first in fill(homes[20:])


def test_a_port_that_somebody_listens_on_is_not_given(homes):
    ports = free_ports(home=homes[0])
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports["ami_port"]))
        assert free_ports(home=homes[0])["ami_port"] != ports["ami_port"]

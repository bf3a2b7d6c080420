"""New instances get ports of their own, whether the others run or not."""

import os
import socket
import tempfile
import time

import pytest

from cti.errors import ConfigError
from cti.ports import KEPT, free_ports, give_back


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


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


def test_what_is_given_back_is_free_though_its_folder_stays(homes):
    first = free_ports(home=homes[0])
    give_back(homes[0])
    assert first in fill(homes[1:])


def test_when_all_are_taken_the_oldest_temporary_instance_gives_its_block_up(homes, tmp_path):
    temporary = [tmp_path / "temporary" / name for name in ("new", "old", "older", "running")]
    ports = {}
    for home in temporary:
        home.mkdir(parents=True)
        ports[home.name] = free_ports(home=home)
    fill(homes)
    for name, age in (("new", 0), ("old", 2 * KEPT), ("older", 3 * KEPT), ("running", 4 * KEPT)):
        given = tmp_path / "cache" / "cti" / "ports" / f"{ports[name]['sip_port']}-{ports[name]['rtp_last']}"
        os.utime(given, (time.time() - age, time.time() - age))
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports["running"]["ami_port"]))
        assert free_ports(home=homes[-1]) == ports["older"]
        assert free_ports(home=homes[-2]) == ports["old"]
        with pytest.raises(ConfigError, match="no free block"):
            free_ports(home=homes[-3])


def test_a_port_that_somebody_listens_on_is_not_given(homes):
    ports = free_ports(home=homes[0])
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports["ami_port"]))
        assert free_ports(home=homes[0])["ami_port"] != ports["ami_port"]

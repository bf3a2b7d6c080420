"""New instances get ports of their own, whether the others run or not.

Who listens on this machine, where other tests start instances meanwhile, is looked at in one test only.
"""

import os
import socket
import tempfile
import time

import pytest

from cti.errors import ConfigError
from cti.ports import KEPT, free_ports, give_back
from cti.ports import _is_free as is_free


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))


@pytest.fixture(autouse=True)
def listened_on(monkeypatch):
    """The ports that somebody listens on."""
    taken = set()
    monkeypatch.setattr("cti.ports._is_free", lambda _, port: port not in taken)
    return taken


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


def test_when_all_are_taken_the_oldest_temporary_instance_gives_its_block_up(homes, tmp_path, listened_on):
    temporary = [tmp_path / "temporary" / name for name in ("new", "old", "older", "running")]
    ports = {}
    for home in temporary:
        home.mkdir(parents=True)
        ports[home.name] = free_ports(home=home)
    fill(homes)
    for name, age in (("new", 0), ("old", 2 * KEPT), ("older", 3 * KEPT), ("running", 4 * KEPT)):
        given = tmp_path / "cache" / "cti" / "ports" / f"{ports[name]['sip_port']}-{ports[name]['rtp_last']}"
        os.utime(given, (time.time() - age, time.time() - age))
    listened_on.add(ports["running"]["ami_port"])
    assert free_ports(home=homes[-1]) == ports["older"]
    assert free_ports(home=homes[-2]) == ports["old"]
    with pytest.raises(ConfigError, match="no free block"):
        free_ports(home=homes[-3])


def test_a_port_that_somebody_listens_on_is_not_given(homes, listened_on):
    ports = free_ports(home=homes[0])
    listened_on.add(ports["ami_port"])
    assert free_ports(home=homes[0])["ami_port"] != ports["ami_port"]


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_somebody_listens_where_a_socket_of_either_kind_is_bound(kind):
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        assert not is_free("127.0.0.1", other.getsockname()[1])

"""Two processes never pick the same port, though neither has bound it yet."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cti.errors import PhoneError
from cti.phones import phone_ports
from cti.phones.phone_ports import free_port, let_go

HERE = "127.0.0.9"  # no other test's phones
FEW = range(65_460, 65_480)
ONE = f"""
import itertools
from cti.phones import phone_ports
phone_ports._turn, phone_ports.PORTS = itertools.cycle({FEW}), {len(FEW)}
print(phone_ports.free_port("{HERE}"), flush=True)
"""
ALL = (
    ONE
    + f"""
try:
    while True:
        print(phone_ports.free_port("{HERE}"))
except phone_ports.PhoneError as error:
    print(error)
"""
)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phone_ports, "_turn", itertools.cycle(FEW))
    monkeypatch.setattr(phone_ports, "PORTS", len(FEW))


@pytest.fixture
def python(tmp_path: Path):
    """The command line and environment of another process of this user, whose cache is this test's."""
    there = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    return lambda text: {"args": [sys.executable, "-c", text], "env": there, "text": True}


def test_what_another_process_has_picked_is_not_picked_until_that_has_ended(python) -> None:
    with subprocess.Popen(**python(ONE + "input()"), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        theirs = other.stdout.readline().strip()
        *ours, complaint = subprocess.run(**python(ALL), capture_output=True, check=True).stdout.splitlines()
        assert theirs not in ours
        assert complaint.startswith(f"no free UDP port on {HERE}")
        other.kill()
    assert theirs in subprocess.run(**python(ALL), capture_output=True, check=True).stdout.splitlines()


def test_a_port_is_picked_once_until_it_is_let_go(python) -> None:
    first = free_port(HERE)
    others = [free_port(HERE) for _ in range(5)]
    assert len({first, *others}) == 6
    for port in others:
        let_go(port)
    again = set()
    for _ in range(2 * len(FEW)):
        port = free_port(HERE)
        again.add(port)
        let_go(port)
    assert first not in again
    assert again & set(others)
    let_go(first)
    let_go(1)  # not picked here: nothing happens


def test_one_that_is_chosen_must_be_free() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind((HERE, 0))
        with pytest.raises(PhoneError, match="Address already in use"):
            free_port(HERE, other.getsockname()[1])

"""Which mirror, suite and keys this machine's own apt uses, in both formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.errors import PbxError
from cti.pbx.mirror import source_line, sources

DEB822 = """# a comment
Types: deb
URIs: http://third.example/apt
Suites: bookworm
Components: main

Types: deb deb-src
# another
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Enabled: no

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
"""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    (tmp_path / "etc/apt/sources.list.d").mkdir(parents=True)
    (tmp_path / "keys").mkdir()
    return tmp_path


def release(machine: Path, text: str, *keys: str) -> None:
    (machine / "etc/os-release").write_text(text, encoding="utf-8")
    for key in keys:
        (machine / "keys" / key).touch()


def line(machine: Path) -> str:
    return source_line(machine / "etc", machine / "keys")


def test_debian_takes_forky_from_the_familys_mirror_and_all_archive_keys(machine: Path) -> None:
    release(
        machine,
        'ID=debian\nVERSION_CODENAME="bookworm"\n',
        "debian-archive-keyring.gpg",
        "debian-archive-removed-keys.gpg",
        "debian-archive-trixie-automatic.pgp",
    )
    (machine / "etc/apt/sources.list.d/debian.sources").write_text(DEB822, encoding="utf-8")
    keys = f"{machine}/keys/debian-archive-keyring.gpg,{machine}/keys/debian-archive-trixie-automatic.pgp"
    assert line(machine) == f"deb [signed-by={keys}] http://mirror.example/debian forky main\n"


def test_ubuntu_takes_its_own_suite_and_universe_and_a_mirrors_own_key(machine: Path) -> None:
    release(machine, "ID=mint\nID_LIKE='ubuntu debian'\nVERSION_CODENAME=wilma\nUBUNTU_CODENAME=noble\n")
    own = machine / "own.gpg"
    own.touch()
    (machine / "etc/apt/sources.list").write_text(
        "# deb http://old.example/ubuntu noble main\n"
        "deb-src http://src.example/ubuntu noble main\n"
        f"deb [arch=amd64 signed-by={own}] http://in.example/ubuntu noble main restricted\n",
        encoding="utf-8",
    )
    assert line(machine) == f"deb [signed-by={own}] http://in.example/ubuntu noble main universe\n"


def test_every_enabled_source_is_read_once(machine: Path) -> None:
    (machine / "etc/apt/sources.list.d/a.sources").write_text(DEB822, encoding="utf-8")
    (machine / "etc/apt/sources.list.d/b.list").write_text("deb http://b.example/x ./\n", encoding="utf-8")
    (machine / "etc/apt/sources.list.d/c.save").write_text("deb http://c.example/x ./\n", encoding="utf-8")
    assert [(s.uri, s.suites, s.keys) for s in sources(machine / "etc/apt")] == [
        ("http://third.example/apt", ("bookworm",), ()),
        ("http://mirror.example/debian", ("bookworm", "bookworm-updates"), ()),
        ("http://mirror.example/debian-security", ("bookworm-security",), ()),
        ("http://b.example/x", ("./",), ()),
    ]


@pytest.mark.parametrize(
    ("text", "keys", "complaint"),
    [
        ("ID=fedora\n", (), "fedora"),
        ("", (), "unknown"),
        ("ID=debian\nVERSION_CODENAME=bookworm\n", (), "archive keys"),
        ("ID=debian\nVERSION_CODENAME=bookworm\n", ("debian-archive-keyring.gpg",), "mirror"),
    ],
)
def test_a_machine_that_cannot_fetch_is_told_what_to_do(
    machine: Path, text: str, keys: tuple[str, ...], complaint: str
) -> None:
    release(machine, text, *keys)
    if complaint == "archive keys":
        (machine / "etc/apt/sources.list").write_text("deb http://m.example/debian bookworm main\n", encoding="utf-8")
    with pytest.raises(PbxError, match=rf"{complaint}.*install asterisk \(18 or newer\), sip-tester and espeak-ng"):
        line(machine)

"""Trunks in pjsip.conf: how they are reached, how they log in, and passwords that only rendering looks up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cti.config import Config, Secrets, load_config
from cti.errors import ConfigError, RenderError
from cti.render.inputs import Installation
from cti.render.render import Renderer
from cti.render.trunk_secrets import trunk_secrets
from cti.site.load import load_site
from cti.site.model import Site

HEAD = "site: {name: Test, timezone: UTC}\n"


@pytest.fixture
def home(tmp_path: Path) -> Config:
    return Config(home=tmp_path, secrets=Secrets(trunks={"a": "semi;colon"}))


def site_of(home: Config, trunk: str) -> Site:
    (home.home / "site.yaml").write_text(f"{HEAD}trunks: {{a: {{host: 'a.example:5070', {trunk}}}}}\n")
    return load_site(home.home / "site.yaml")


def pjsip(home: Config, installation: Installation, trunk: str) -> list[str]:
    text = Renderer(home, installation).render(site_of(home, trunk), [])["pjsip.conf"]
    return [line for line in text.splitlines() if line and not line.startswith(";")]


def test_a_registration_has_what_the_provider_asks(home: Config, installation: Installation) -> None:
    lines = pjsip(
        home, installation, "transport: tls, srtp: true, register: {user: '021', realm: r.example, number: '400'}"
    )
    for line in (
        "protocol = tls",
        f"bind = 127.0.0.1:{home.sip_port + 1}",
        "transport = tls",
        "media_encryption = sdes",
        "server_uri = sip:a.example:5070\\;transport=tls",
        "client_uri = sip:021@a.example:5070\\;transport=tls",
        "contact_user = 400",
        "password = semi\\;colon",
        "realm = r.example",
        "line = yes",
    ):
        assert line in lines
    assert "type = identify" not in lines


def test_a_trunk_without_a_login_has_neither_password_nor_registration(
    home: Config, installation: Installation
) -> None:
    lines = pjsip(home, installation, "match: [192.0.2.1], transport: tcp, codecs: [g722, alaw], qualify_seconds: 30")
    assert {"protocol = tcp", "allow = !all,g722,alaw", "qualify_frequency = 30", "type = identify"} <= set(lines)
    assert not [line for line in lines if "registration" in line or "outbound_auth" in line]


def test_a_password_is_found_in_the_environment_a_file_or_the_secrets(home: Config) -> None:
    (home.home / "p").write_text("from file\nrest\n")
    (home.home / "p").chmod(0o600)
    found = [
        trunk_secrets(home, site_of(home, f"register: {{user: x, secret: {secret}}}"), {"P": "from env"})["a"]
        for secret in ("{env: P}", "{file: p}", f"{{file: {home.home}/p}}", "")
    ]
    assert found == ["from env", "from file", "from file", "semi;colon"]


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("{env: NOBODY}", "trunk a: there is no password in environment variable NOBODY"),
        ("{file: gone}", "gone: No such file"),
        ("{file: open}", "can be read by others; mend it with: chmod 640"),
        ("{file: empty}", "there is no password in file"),
        ("", "secrets.toml: [trunks] a"),
    ],
)
def test_a_password_that_is_missing_stops_the_rendering(
    home: Config, installation: Installation, secret: str, told: str
) -> None:
    (home.home / "open").write_text("seen by all")
    (home.home / "open").chmod(0o644)
    (home.home / "empty").write_text("\n")
    (home.home / "empty").chmod(0o600)
    site = site_of(home, f"register: {{user: x, secret: {secret}}}")
    with pytest.raises(RenderError) as caught:
        Renderer(replace(home, secrets=Secrets()), installation).render(site, [])
    assert told in str(caught.value)
    assert "seen by all" not in str(caught.value)


def test_secrets_toml_holds_passwords_of_trunks(tmp_path: Path) -> None:
    (tmp_path / "cti.toml").write_text("")
    file = tmp_path / "secrets.toml"
    file.write_text('[trunks]\na = "b"\n')
    file.chmod(0o600)
    assert load_config(tmp_path).secrets.trunks == {"a": "b"}
    assert "b" not in repr(load_config(tmp_path).secrets)
    file.write_text("trunks = 1\n")
    with pytest.raises(ConfigError, match=r"\[trunks\] holds lines"):
        load_config(tmp_path)

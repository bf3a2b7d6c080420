"""An instance whose rendered files are the same on every machine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from cti.config import Config, Secrets
from cti.render.inputs import PhoneCard
from cti.share import shared_folder
from cti.site.load import load_site
from cti.site.model import Site


@dataclass(frozen=True)
class FakeInstallation:
    argv: tuple[str, ...] = ("asterisk",)
    version: tuple[int, ...] = (22, 10, 1)
    modules: Path = Path("/usr/lib/asterisk/modules")
    data: Path = Path("/usr/share/asterisk")
    root: Path | None = None

    def has(self, module: str) -> bool:
        return module != "codec_opus.so"


@pytest.fixture
def installation() -> FakeInstallation:
    return FakeInstallation()


@pytest.fixture
def config() -> Config:
    secrets = Secrets(ami_password="ami;secret", admin_token="token", session_key="key")
    return Config(home=Path("/srv/cti"), secrets=secrets)


@pytest.fixture
def demo() -> Site:
    return load_site(shared_folder("dialplan") / "site.yaml", date(2026, 9, 1))


@pytest.fixture
def phones() -> list[PhoneCard]:
    desk = PhoneCard(endpoint="1001", name="王芳", agent="1001", secret="phone;one", mailbox_pin="2468")
    fixed = PhoneCard(endpoint="1002", name="李强", agent="1002", secret="two", contact="sip:1002@127.0.0.1:5099")
    browser = PhoneCard(endpoint="web1003", name="张敏", agent="1003", secret="three", webrtc=True)
    return [desk, fixed, browser]

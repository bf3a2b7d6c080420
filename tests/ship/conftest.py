"""An instance beside an Asterisk that is installed; `asterisk` stands in for it."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from cti.cli import findings, shipping, speech
from cti.render.inputs import PhoneCard
from cti.render.render import FOLDERS
from cti.share import shared_folder

sys.path.insert(0, str(Path(__file__).parent))  # the tests import `standin` by name

from standin import SITE, FakeAsterisk, cti


@dataclass(frozen=True)
class Found:
    argv: tuple[str, ...]
    version: tuple[int, ...]
    modules: Path
    data: Path
    root: Path | None = None

    def has(self, module: str) -> bool:
        return True


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped templates as they were when the run began: these tests render twice and compare, and a template that
    somebody edits meanwhile, in a run that takes minutes, would be a change that no test made."""
    folder = tmp_path_factory.mktemp("shared")
    for name in FOLDERS:
        shutil.copytree(shared_folder(name), folder / name)
    return folder


@pytest.fixture
def phones() -> list[PhoneCard]:
    return [PhoneCard(endpoint="1001", name="王芳", agent="1001", secret="phone;one")]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phones: list[PhoneCard], templates: Path) -> Path:
    """An instance beside an Asterisk that is installed but does not run."""
    (tmp_path / "share").mkdir()
    found = Found(("asterisk",), (22, 10, 1), Path("/usr/lib/asterisk/modules"), tmp_path / "share")
    for module in (shipping, findings):
        monkeypatch.setattr(module, "phones_of", lambda config: list(phones))
    monkeypatch.setattr(shipping, "find_asterisk", lambda config: found)
    monkeypatch.setattr(speech, "find_tool", lambda name: None)
    monkeypatch.setattr("cti.render.render.shared_folder", lambda name: templates / name)
    monkeypatch.setattr("cti.render.prompts.melody", lambda: b"a melody")
    home = tmp_path / "home"
    assert cti(home, init=True).exit_code == 0
    (home / "site.yaml").write_text(SITE)
    return home


@pytest.fixture
def asterisk(home: Path, monkeypatch: pytest.MonkeyPatch) -> FakeAsterisk:
    """This instance's Asterisk; `start` it."""
    fake = FakeAsterisk(home / "var/pbx/etc", home / "var/pbx/log/full")
    monkeypatch.setattr(shipping, "Console", lambda config, installation: fake)
    return fake

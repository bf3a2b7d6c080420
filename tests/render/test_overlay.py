"""Own templates over ours: which is in use, how it differs, and whether ours has moved on; custom files stay."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from cti.cli import main
from cti.config import Config
from cti.errors import UsageError
from cti.render.apply import apply
from cti.render.inputs import Installation
from cti.render.overlay import Template, copy, difference, find, templates
from cti.render.render import FOLDERS, Renderer
from cti.share import shared_folder
from cti.site.model import Site

NAME = "_externals.j2"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    CliRunner().invoke(main, ["init", str(home)], catch_exceptions=False)
    return home


def known(home: Path, shipped: Path | None = None) -> list[Template]:
    ours = [shipped] if shipped else [shared_folder(folder) for folder in FOLDERS]
    return templates([home / folder for folder in FOLDERS], ours)


def cti(home: Path, *arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["--home", str(home), "dialplan", "templates", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_without_own_ones_all_are_shipped(home: Path) -> None:
    found = known(home)
    assert {one.state for one in found} == {"shipped"}
    assert {"extensions.conf.j2", NAME, "pjsip.conf.j2"} <= {one.name for one in found}


def test_a_copy_remembers_what_it_was_taken_from_and_renders_the_same(
    home: Path, config: Config, installation: Installation, demo: Site
) -> None:
    for name in (NAME, "extensions.conf.j2", "pjsip.conf.j2"):
        code, said, _ = cti(home, "--copy", name)
        assert code == 0, said
    assert find(NAME, known(home)).state == "own, same as shipped"
    folders = [home / folder for folder in FOLDERS] + [shared_folder(folder) for folder in FOLDERS]
    own = Renderer(config, installation, folders=folders).render(demo, [])
    assert own == Renderer(config, installation).render(demo, [])


def test_a_changed_copy_is_shown_with_its_difference(home: Path) -> None:
    file = copy(find(NAME, known(home)), home)
    with file.open("a", encoding="utf-8") as opened:
        opened.write("; mine\n")
    one = find("_externals", known(home))
    assert (one.state, one.used, one.moved_on) == ("own, +1 -0 lines", file, False)
    assert difference(one)[-1] == "+; mine"
    code, said, warned = cti(home, "--diff", NAME)
    assert (code, warned) == (0, "")
    assert said.splitlines()[-1] == "+; mine"


def test_when_the_shipped_one_moves_on_the_three_are_told(home: Path, tmp_path: Path) -> None:
    shipped = tmp_path / "dialplan"
    shutil.copytree(shared_folder("dialplan"), shipped)
    mine = copy(find(NAME, known(home, shipped)), home)
    (shipped / NAME).write_text("; a newer one\n")
    assert find(NAME, known(home, shipped)).state.endswith("an unchanged copy of an older shipped one")
    mine.write_text(mine.read_text() + "; mine\n")
    one = find(NAME, known(home, shipped))
    assert one.moved_on
    assert one.state.endswith("the shipped one has changed since it was taken")
    assert len({one.base, one.own_hash, one.shipped_hash}) == 3


def test_the_command_warns_when_the_base_moved_on(home: Path) -> None:
    (home / "dialplan").mkdir()
    mark = f"{{#- taken from the shipped template sha256:{'0' * 64}; see cti dialplan templates -#}}\n"
    (home / "dialplan" / NAME).write_text(mark + "; mine\n")
    code, said, warned = cti(home)
    assert code == 0
    assert f"{NAME:<10}" in said
    assert warned.startswith(f"warning: {NAME} was taken from 000000000000, the shipped one is now ")
    facts = {one["name"]: one for one in json.loads(cti(home, "--json")[1])["templates"]}
    assert (facts[NAME]["moved_on"], facts[NAME]["own"], facts["pjsip.conf.j2"]["own"]) == (True, True, False)


def test_an_own_partial_wins_and_one_without_a_mark_is_told_so(
    home: Path, config: Config, installation: Installation, demo: Site
) -> None:
    (home / "dialplan").mkdir()
    (home / "dialplan" / NAME).write_text("[cti-external-rescue_duty]\nexten => s,1,Hangup(16)\n\n")
    (home / "dialplan" / "extra.conf.j2").write_text("; nothing of yours\n")
    folders = [home / folder for folder in FOLDERS] + [shared_folder(folder) for folder in FOLDERS]
    files = Renderer(config, installation, folders=folders).render(demo, [])
    assert "[cti-external-rescue_duty]\nexten => s,1,Hangup(16)\n" in files["extensions.conf"]
    assert "extra.conf" in files
    assert find(NAME, known(home)).state.endswith("what it was taken from is unknown")
    assert find("extra.conf", known(home)).state == "own, not one of ours"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--copy", "nothing.conf.j2"), "there is no template"),
        (("--diff", "_external.j2"), "did you mean _externals.j2?"),
        (("--copy", "../../etc/passwd"), "there is no template"),
        (("--copy", NAME, "--diff", NAME), "one at a time"),
    ],
)
def test_what_is_no_template_is_refused(home: Path, arguments: tuple[str, ...], told: str) -> None:
    code, _, error = cti(home, *arguments)
    assert code == UsageError.exit_code
    assert told in error
    assert len(error.splitlines()) == 1


def test_a_second_copy_does_not_overwrite_the_first(home: Path) -> None:
    copy(find(NAME, known(home)), home)
    assert "is there already" in cti(home, "--copy", NAME)[2]


def test_custom_files_that_an_own_template_includes_are_left_alone(tmp_path: Path) -> None:
    files = {"extensions.conf": '#include "extensions_custom.conf"\n'}
    custom = tmp_path / "extensions_custom.conf"
    custom.write_text("[mine]\nexten => s,1,Hangup()\n")
    before = custom.stat()
    for _ in range(2):
        changed = apply(files, tmp_path)
        assert "extensions_custom.conf" not in (*changed.written, *changed.removed, *changed.kept)
    apply({"other.conf": "x\n"}, tmp_path)
    assert custom.read_text() == "[mine]\nexten => s,1,Hangup()\n"
    assert custom.stat().st_mtime_ns == before.st_mtime_ns

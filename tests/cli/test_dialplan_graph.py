"""`cti dialplan graph` of the demo site and of hostile words: well-formed, complete, nothing from outside in it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from cti.cli import main
from cti.share import shared_folder
from cti.site.load import load_site

HOSTILE = """\
site: {name: '<script>"&', timezone: UTC, languages: [en]}
prompts: {main: '"><svg onload=alert(1)> #1 ]]>'}
numbers: {"400": {to: "menu:main"}, "401": {to: hangup}}
menus: {main: {prompt: main, keys: {"#": "menu:main"}, otherwise: hangup}}
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copy(shared_folder("dialplan") / "site.yaml", tmp_path)
    return tmp_path


def graph(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), "dialplan", "graph", *arguments])


def test_the_picture_holds_every_place_and_chinese_words(home: Path) -> None:
    site = load_site(home / "site.yaml")
    picture = graph(home).output
    titles = {title.text for title in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}title")}
    told = " ".join(str(title) for title in titles)
    for kind, names in (("did", site.numbers), ("menu", site.menus), ("queue", site.queues)):
        assert all(f"{kind}:{name}" in told for name in names)
    assert "购车咨询请按 1" in picture
    assert "prefers-color-scheme: dark" in picture
    assert not re.search(r"""(href|src)=|url\((?!#tip\))|<script|@import""", picture)


def test_from_a_number_only_what_its_callers_can_come_to(home: Path) -> None:
    picture = graph(home, "--from", "4008009110").output
    assert "queue:rescue" in picture
    assert "queue:sales" not in picture


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(HOSTILE)
    picture = graph(tmp_path).output
    assert "<script>" not in picture
    assert "<svg onload" not in picture
    ElementTree.fromstring(picture)
    assert "↻ again" in picture
    assert "⏹ hang up" in picture


def test_other_programs_draw_it_too(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(HOSTILE)
    dot, mermaid = graph(tmp_path, "--format", "dot").output, graph(tmp_path, "--format", "mermaid").output
    assert dot.startswith('digraph "<script>\\"&" {\n')
    assert '"did:400" -> "menu:main" [label=""];' in dot
    assert '"menu:main" -> "hangup" [label="otherwise", style=dashed];' in dot
    assert mermaid.startswith("flowchart LR\n")
    assert '-->|"#35;"|' in mermaid


def test_it_goes_into_a_file_and_an_unknown_number_is_refused(home: Path, tmp_path: Path) -> None:
    assert graph(home, "--out", str(tmp_path / "flow.svg")).exit_code == 0
    assert (tmp_path / "flow.svg").read_text().startswith("<svg ")
    refused = graph(home, "--from", "110")
    assert refused.exit_code == 3
    assert "there are: 4008001234" in refused.stderr

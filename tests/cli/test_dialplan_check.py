"""`cti dialplan check`: each kind of fault, seeded once into a site or a template of the admin's own, is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti.cli import main
from cti.render.inputs import PhoneCard
from cti.share import shared_folder
from cti.site.load import load_site
from cti.site.overlaps import overlaps_of

SOUND = """\
site: {name: Test, timezone: UTC, country: CN, languages: [en, zh]}
trunks: {itsp: {host: "127.0.0.2", match: ["127.0.0.2"]}}
outbound: {trunk: itsp, caller_id: "4008001234"}
prompts:
  main: {en: "Press one.", zh: "请按一。"}
schedules:
  office: {open: {mon-fri: ["09:00-17:00"]}}
numbers:
  "4008001234": {to: "menu:main", schedule: office, closed: "voicemail:box"}
menus:
  main: {prompt: main, keys: {"1": "queue:sales"}, otherwise: "queue:sales"}
queues:
  sales: {max_wait_seconds: 60, overflow: "voicemail:box"}
voicemail:
  box: {pin: "4711"}
"""


def check(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["--home", str(home), "dialplan", "check", *arguments])


def found(home: Path, *changes: tuple[str, str]) -> tuple[int, list[dict[str, object]]]:
    """Exit code and findings of the sound site with these texts replaced."""
    text = SOUND
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (home / "site.yaml").write_text(text)
    result = check(home, "--json")
    return result.exit_code, json.loads(result.stdout)["findings"]


def template(home: Path, name: str, *lines: str) -> None:
    (home / "dialplan").mkdir(exist_ok=True)
    (home / "dialplan" / name).write_text("\n".join(lines) + "\n")


def test_a_sound_site_has_no_finding(tmp_path: Path) -> None:
    assert found(tmp_path) == (0, [])


def test_the_demo_site_has_no_error(tmp_path: Path) -> None:
    shutil.copy(shared_folder("dialplan") / "site.yaml", tmp_path)
    result = check(tmp_path)
    assert result.exit_code == 0, result.output
    assert "public holidays of CN are known until" in result.stderr or "0 warnings" in result.stdout


ERRORS: list[tuple[str, Sequence[tuple[str, str]], str, int]] = [
    ("site", [('{"1": "queue:sales"}', '{"1": "queue:slaes"}')], "there is no queue 'slaes'", 11),
    ("loop", [('otherwise: "queue:sales"', 'otherwise: "menu:main"')], "goes round and round: menu:main", 11),
    ("loop", [('overflow: "voicemail:box"', 'overflow: "queue:sales"')], "queue:sales (timeout) → queue:sales", 13),
    (
        "dead-end",
        [('{"1": "queue:sales"}, otherwise: "queue:sales"', '{"1": "menu:main"}, otherwise: "menu:main"')],
        "from menu:main no call gets anywhere",
        11,
    ),
    ("site", [('en: "Press one."', "en: {file: gone.wav}")], "there is no file 'gone.wav'", 5),
    ("prompt", [('en: "Press one."', "en: {file: broken.wav}")], "broken.wav", 5),
]
WARNINGS: list[tuple[str, Sequence[tuple[str, str]], str, int]] = [
    (
        "unreachable",
        [("voicemail:\n", 'voicemail:\n  spare: {pin: "4712"}\n')],
        "no call can come to voicemail:spare",
        15,
    ),
    ("unreachable", [("queues:\n", "queues:\n  spare: {overflow: hangup}\n")], "no call can come to queue:spare", 13),
    ("unused", [("prompts:\n", "prompts:\n  spare: {en: Hi, zh: 嗨}\n")], "prompt spare is used by nothing", 5),
    (
        "unused",
        [("schedules:\n", 'schedules:\n  spare: {open: {mon: ["09:00-10:00"]}}\n')],
        "schedule spare is used",
        7,
    ),
    ("never-open", [('{open: {mon-fri: ["09:00-17:00"]}}', "{}")], "schedule office is never open", 7),
    ("language", [(', zh: "请按一。"', "")], "prompt main has no words in zh", 5),
    ("cut-off", [('closed: "voicemail:box"', "closed: hangup")], "cut off without a word when office closed", 9),
    ("no-keys", [('{"1": "queue:sales"}', "{}")], "menu:main asks but has no keys", 11),
]


@pytest.mark.parametrize(("rule", "changes", "said", "line"), ERRORS)
def test_an_error_is_found_at_its_line(
    tmp_path: Path, rule: str, changes: Sequence[tuple[str, str]], said: str, line: int
) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF but no more")
    code, findings = found(tmp_path, *changes)
    assert code == 2
    (told,) = [one for one in findings if one["rule"] == rule and said in str(one["text"])]
    assert (told["error"], told["line"]) == (True, line)
    assert str(told["file"]).endswith("site.yaml")


@pytest.mark.parametrize(("rule", "changes", "said", "line"), WARNINGS)
def test_a_warning_is_found_at_its_line_and_fails_only_when_strict(
    tmp_path: Path, rule: str, changes: Sequence[tuple[str, str]], said: str, line: int
) -> None:
    code, findings = found(tmp_path, *changes)
    assert code == 0
    (told,) = [one for one in findings if one["rule"] == rule and said in str(one["text"])]
    assert (told["error"], told["line"]) == (False, line)
    assert check(tmp_path, "--strict").exit_code == 2


def test_every_broken_template_is_told_with_its_line(tmp_path: Path) -> None:
    template(tmp_path, "features.conf.j2", "[general]", "{{ sitee.name }}")
    template(tmp_path, "_voicemail.j2", "", "", "{% if %}")
    code, findings = found(tmp_path)
    assert code == 2
    told = {Path(str(one["file"])).name: one["line"] for one in findings if one["rule"] == "template"}
    assert told == {"features.conf.j2": 2, "_voicemail.j2": 3}


def test_a_fault_of_the_rendered_dialplan_is_told_at_the_templates_line(tmp_path: Path) -> None:
    shipped = (shared_folder("dialplan") / "_menus.j2").read_text().splitlines()
    at = next(number for number, line in enumerate(shipped) if "(ask),Read(" in line)
    shipped[at] = shipped[at].replace("Read(", "Reed(")
    template(tmp_path, "_menus.j2", *shipped)
    code, findings = found(tmp_path)
    assert code == 2
    (told,) = findings
    assert (Path(str(told["file"])).name, told["line"], told["rule"]) == ("_menus.j2", at + 1, "application")
    assert told["hint"] == "did you mean read?"
    assert str(told["rendered"]).startswith("extensions.conf:")


def test_what_an_admins_template_names_is_used(tmp_path: Path) -> None:
    template(tmp_path, "_own.j2", "{# Playback(cti/spare) #}")
    assert found(tmp_path, ("prompts:\n", "prompts:\n  spare: {en: Hi, zh: 嗨}\n")) == (0, [])


def test_a_person_reads_one_line_for_each(tmp_path: Path) -> None:
    found(tmp_path, ('otherwise: "queue:sales"', 'otherwise: "menu:main"'))
    result = check(tmp_path)
    assert f"{tmp_path}/site.yaml:11: error: a caller who does nothing goes round" in result.stderr
    assert result.stdout == "failed: 1 errors, 0 warnings\n"


@pytest.mark.parametrize(
    ("agent", "section", "said"),
    [
        ("*11", "feature_codes", "it is the feature code of login"),
        ("4008001234", "numbers", "the number that callers dial as 4008001234"),
        ("+864008001234", "numbers", "the number that callers dial as 4008001234"),
        ("13800138000", "outbound", "hides the telephone number 13800138000"),
    ],
)
def test_an_agents_number_that_means_something_else_is_found(
    tmp_path: Path, agent: str, section: str, said: str
) -> None:
    (tmp_path / "site.yaml").write_text(SOUND)
    (overlap,) = overlaps_of(load_site(tmp_path / "site.yaml"), ["1001", agent])
    assert overlap.section == section
    assert said in overlap.text


def test_an_agents_number_of_an_instance_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CliRunner().invoke(main, ["init", str(tmp_path)]).exit_code == 0
    card = PhoneCard(endpoint="1001", name="", agent="13800138000", secret="x")
    monkeypatch.setattr("cti.cli.findings.phones_of", lambda _: [card])
    code, findings = found(tmp_path)
    assert code == 0
    assert [(one["rule"], one["line"]) for one in findings] == [("overlap", 3)]

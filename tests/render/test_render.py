"""The renderer: which templates, which one wins, and where a mistake is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cti.config import Config
from cti.errors import RenderError
from cti.render.inputs import Installation, PhoneCard, layout
from cti.render.render import Renderer
from cti.site.model import Site


def rendered(folder: Path, config: Config, installation: Installation, demo: Site, **templates: str) -> dict[str, str]:
    for name, text in templates.items():
        (folder / f"{name}.conf.j2").write_text(text)
    return Renderer(config, installation, folders=[folder]).render(demo, [])


def test_each_template_becomes_one_file_and_macros_none(
    tmp_path: Path, config: Config, installation: Installation, demo: Site
) -> None:
    files = rendered(
        tmp_path,
        config,
        installation,
        demo,
        _parts="{% macro hi() %}hi{% endmacro %}",
        a="{% from '_parts.conf.j2' import hi %}\n{{ hi() }}",
    )
    assert files == {"a.conf": "hi\n"}


def test_the_instances_own_template_wins(
    tmp_path: Path, config: Config, installation: Installation, demo: Site
) -> None:
    own, ours = tmp_path / "own", tmp_path / "ours"
    for folder, word in ((own, "own"), (ours, "ours")):
        folder.mkdir()
        (folder / "a.conf.j2").write_text(word)
    (ours / "b.conf.j2").write_text("b\n")
    files = Renderer(config, installation, folders=[own, ours]).render(demo, [])
    assert files == {"a.conf": "own\n", "b.conf": "b\n"}


def test_an_asterisk_without_named_journal_fields_gets_the_mappings(
    config: Config, installation: Installation, demo: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = Renderer(config, installation).render(demo, [])
    monkeypatch.setattr(type(installation), "has", lambda _, module: module != "res_cdrel_custom.so")  # 22.8 and older
    old = Renderer(config, installation).render(demo, [])
    for name in ("cel_custom.conf", "cdr_custom.conf"):
        assert "\n[Master.csv]\n" in new[name]
        assert "CSV_QUOTE" not in new[name]
        assert "\nMaster.csv => ${CSV_QUOTE(" in old[name]
        assert "[Master.csv]" not in old[name]


def test_by_default_the_homes_folders_come_before_ours(config: Config, installation: Installation) -> None:
    folders = Renderer(config, installation).folders
    assert folders[:2] == [config.home / "dialplan", config.home / "asterisk_conf"]
    assert [folder.name for folder in folders[2:]] == ["dialplan", "asterisk_conf"]


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("one\ntwo\n{{ nothing }}\n", "a.conf.j2:3: 'nothing' is undefined"),
        ("{{ site.sitee }}", "a.conf.j2:1: "),
        ("one\n{% if %}", "a.conf.j2:2: "),
        ("\n{{ ('a' ~ '\\n' ~ 'b') | conf }}", "a.conf.j2:2: 'a\\nb' holds the character '\\n'"),
        ("{{ 'x,y' | arg }}", "a.conf.j2:1: 'x,y' cannot be an application's argument"),
        ("{{ 1 / 0 }}", "a.conf.j2:1: ZeroDivisionError"),
        ("{{ none }}", "a.conf.j2:1: None would be printed"),
        ("\n\n{% include 'gone.j2' %}", "a.conf.j2:3: there is no template 'gone.j2'"),
        ("{{ '' | gone }}", "a.conf.j2:1: "),
        ("a\r\nb\0", "a.conf:2: holds the character '\\x00'"),
    ],
)
def test_a_failing_template_says_its_file_and_line(
    tmp_path: Path, config: Config, installation: Installation, demo: Site, template: str, said: str
) -> None:
    with pytest.raises(RenderError) as caught:
        rendered(tmp_path, config, installation, demo, a=template)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_template_at_all_is_an_error(tmp_path: Path, config: Config, installation: Installation, demo: Site) -> None:
    with pytest.raises(RenderError, match=r"no \.conf\.j2 template"):
        rendered(tmp_path, config, installation, demo)


def test_a_phones_secret_is_not_in_its_repr(phones: list[PhoneCard]) -> None:
    assert "phone;one" not in repr(phones)


def test_the_private_layout_lies_under_the_instance(config: Config) -> None:
    dirs = layout(config, Path("/m"))
    assert (dirs.etc, dirs.data) == (Path("/srv/cti/var/pbx/etc"), Path("/srv/cti/var/pbx/data"))
    assert dirs.recordings == Path("/srv/cti/var/recordings")


def test_the_system_layout_is_debians() -> None:
    dirs = layout(Config(home=Path("/srv/cti"), pbx="system"), Path("/m"))
    assert (dirs.etc, dirs.spool) == (Path("/etc/asterisk"), Path("/var/spool/asterisk"))


@pytest.mark.parametrize(("address", "refused"), [("127.0.0.1", False), ("0.0.0.0", True), ("192.0.2.7", True)])
def test_a_phone_without_a_password_is_refused_where_others_can_reach_it(
    tmp_path: Path, config: Config, installation: Installation, demo: Site, address: str, refused: bool
) -> None:
    (tmp_path / "a.conf.j2").write_text("a")
    renderer = Renderer(replace(config, sip_bind=address), installation, folders=[tmp_path])
    phone = PhoneCard(endpoint="1001", name="", agent="1001", secret="")
    if refused:
        with pytest.raises(RenderError, match=r"phone 1001 has no SIP password"):
            renderer.render(demo, [phone])
    else:
        assert list(renderer.render(demo, [phone])) == ["a.conf"]

"""Trunks, the way out, numbers outside and feature codes: what is read, and what only clashes as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.core.flow import Place
from cti.errors import SiteError
from cti.site.flow import flow_of
from cti.site.load import load_site
from cti.site.model import Secret, Site, Target

HEAD = "site: {name: Test, timezone: UTC, languages: [zh, en]}\n"
TRUNKS = "trunks:\n  a: {host: a.example, match: [192.0.2.1]}\n  b: {host: 'b.example:5070', match: [192.0.2.2]}\n"


def site_of(folder: Path, text: str) -> Site:
    (folder / "site.yaml").write_text(HEAD + text)
    return load_site(folder / "site.yaml")


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SiteError) as caught:
        site_of(folder, text)
    return [line.partition(": ")[2] for line in caught.value.mistakes]


def test_a_trunk_that_registers_needs_no_address(tmp_path: Path) -> None:
    trunk = site_of(tmp_path, "trunks: {a: {host: a.example, transport: tls, register: {user: '021'}}}\n").trunks["a"]
    assert trunk.registration is not None
    assert (trunk.registration.number, trunk.registration.secret, trunk.port) == ("021", Secret(), 5061)


def test_a_password_in_the_site_is_refused_and_not_repeated(tmp_path: Path) -> None:
    (told,) = mistakes(tmp_path, "trunks: {a: {host: x, register: {user: x, secret: hunter2}}}\n")
    assert "[trunks]" in told
    assert "hunter2" not in told


@pytest.mark.parametrize("written", ["trunks: [b, a]", "trunk: b", "trunks: b"])
def test_the_way_out_is_one_trunk_or_several_in_their_order(tmp_path: Path, written: str) -> None:
    outbound = site_of(tmp_path, TRUNKS + f"outbound: {{{written}, caller_id: '400'}}\n").outbound
    assert outbound is not None
    assert outbound.trunk == "b"
    assert outbound.trunks == (("b", "a") if "[" in written else ("b",))


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("trunk: a, trunks: [b]", "outbound needs trunk or trunks"),
        ("countries: [CN]", "outbound needs trunk or trunks"),
        ("trunks: [a, b, a]", "'a' stands twice"),
        ("trunks: [a, c]", "there is no trunk 'c'"),
    ],
)
def test_a_way_out_that_is_none_is_told(tmp_path: Path, written: str, told: str) -> None:
    assert told in mistakes(tmp_path, TRUNKS + f"outbound: {{{written}, caller_id: '400'}}\n")[0]


def test_the_words_for_pressing_1_come_with_us(tmp_path: Path) -> None:
    text = TRUNKS + "outbound: {trunk: a, caller_id: '400'}\nexternals: {m: {number: '139', confirm: true}}\n"
    site = site_of(tmp_path, text)
    assert site.externals["m"].confirm_prompt == "external_confirm"
    assert set(site.prompts["external_confirm"].spoken) == {"zh", "en"}
    own = site_of(tmp_path, text + "prompts: {external_confirm: 请按 1}\n")
    assert own.prompts["external_confirm"].spoken[""].text == "请按 1"


def test_otherwise_is_a_way_of_the_call(tmp_path: Path) -> None:
    text = TRUNKS + "outbound: {trunk: a, caller_id: '400'}\nvoicemail: {v: {pin: '1234'}}\n"
    site = site_of(tmp_path, text + "externals: {m: {number: '139', otherwise: 'voicemail:v'}}\n")
    assert site.externals["m"].otherwise == Target("voicemail", "v")
    (edge,) = flow_of(site).nodes[Place("external", "m")].edges()
    assert edge.to == Place("voicemail", "v")


@pytest.mark.parametrize(
    ("codes", "told"),
    [
        ('login: "*1"', "feature_codes: login is *1 (one must not begin like the other: logout is *12)"),
        ('login: "*12"', "feature_codes: login is *12 (logout has it already)"),
        ('login: "*145"', "feature_codes: login is *145 (one must not begin like the other: unpause is *14)"),
        ('login: "*139"', "feature_codes: login is *139 (that is *13 with a reason)"),
    ],
)
def test_no_feature_code_begins_like_another(tmp_path: Path, codes: str, told: str) -> None:
    assert mistakes(tmp_path, f"feature_codes: {{{codes}}}\n") == [told]


def test_a_code_that_is_not_offered_clashes_with_none(tmp_path: Path) -> None:
    assert site_of(tmp_path, 'feature_codes: {login: "*12", logout: none}\n').feature_codes.login == "*12"

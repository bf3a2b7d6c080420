"""The instance of a call test: callers choose the clock there, and only there; nothing of it reaches the world."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cti.config import Config, load_config
from cti.errors import ConfigError
from cti.render.inputs import Installation
from cti.render.render import Renderer
from cti.render.sealed import sealed
from cti.site.model import Site


def test_a_live_instance_never_looks_at_a_callers_headers(
    config: Config, installation: Installation, demo: Site
) -> None:
    live = Renderer(config, installation).render(demo, [])
    test = Renderer(replace(config, call_test=True), installation).render(demo, [])
    assert [name for name, text in live.items() if "X-CTI" in text or "calltest" in text or "CTI_CASE" in text] == []
    assert "PJSIP_HEADER(read,X-CTI-Now)" in test["extensions.conf"]
    assert "[calltest]" in test["manager.conf"]
    differs = sorted(name for name in live if live[name] != test[name])
    assert differs == [
        "cel.conf", "extensions.conf", "manager.conf", "modules.conf", "pjsip.conf", "stasis.conf",
    ]  # fmt: skip


def test_a_call_tests_trunks_are_on_loopback_and_its_mailboxes_send_nothing(demo: Site) -> None:
    shut = sealed(demo)
    assert {trunk.host for trunk in shut.trunks.values()} == {"127.0.0.1:9"}
    assert all(address.startswith("127.0.0.") for trunk in shut.trunks.values() for address in trunk.match)
    assert [box.email for box in shut.voicemail.values()] == ["", "", ""]
    assert set(shut.trunks) == set(demo.trunks), "routing names them"


def test_a_site_without_a_trunk_can_be_called_too(demo: Site) -> None:
    assert list(sealed(demo.model_copy(update={"trunks": {}})).trunks) == ["call_test"]


@pytest.mark.parametrize("lines", ['sip_bind = "0.0.0.0"', 'pbx = "system"'])
def test_no_instance_that_real_calls_reach_lets_callers_choose_the_clock(tmp_path, lines: str) -> None:
    (tmp_path / "cti.toml").write_text(f"call_test = true\n{lines}\n", encoding="utf-8")
    (tmp_path / "secrets.toml").touch(mode=0o600)
    with pytest.raises(ConfigError, match="callers choose the clock"):
        load_config(tmp_path)

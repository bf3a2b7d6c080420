"""Which console command makes Asterisk read which file."""

from __future__ import annotations

from cti.config import Config
from cti.render.inputs import Installation
from cti.render.reloads import RELOADS, RESTART_ONLY, needs_restart, reloads_for
from cti.render.render import Renderer


def test_each_command_is_given_once_and_the_dialplan_comes_last() -> None:
    names = ["extensions.conf", "extensions_sales.conf", "queues.conf", "pjsip.conf", "musiconhold.conf"]
    assert reloads_for(names) == ["moh reload", "module reload res_pjsip.so", "queue reload all", "dialplan reload"]


def test_an_unknown_file_reloads_everything_and_some_need_a_restart() -> None:
    assert reloads_for(["strange.conf", "modules.conf"]) == ["core reload"]
    assert needs_restart(["strange.conf", "modules.conf"]) == ["modules.conf"]


def test_every_file_that_we_render_is_known(config: Config, installation: Installation) -> None:
    names = set(Renderer(config, installation).names())
    assert names - set(RELOADS) - RESTART_ONLY == set()
    assert not set(RELOADS) & RESTART_ONLY

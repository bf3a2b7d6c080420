"""The rivals of the call benchmark: templates of its own that use ours, and both sides with the same filters."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cti.config import Config
from cti.render.inputs import Installation
from cti.render.render import Renderer
from cti.site.load import load_site
from cti.stage import bench_sides

BARE = Path(bench_sides.__file__).parent / "bare"


@pytest.mark.parametrize("recorded", [True, False])
def test_the_bare_side_is_our_door_and_queue_alone(
    recorded: bool, tmp_path: Path, config: Config, installation: Installation
) -> None:
    (tmp_path / "site.yaml").write_text(bench_sides.SITE.replace("RECORDED", str(recorded).lower()), encoding="utf-8")
    (tmp_path / "dialplan").mkdir()
    shutil.copy(BARE / "extensions.conf.j2", tmp_path / "dialplan")
    site = load_site(tmp_path / "site.yaml")
    ours = Renderer(config, installation).render(site, [])["extensions.conf"]
    bare = Renderer(replace(config, home=tmp_path), installation).render(site, [])["extensions.conf"]
    steps = re.findall(r"^(?:exten => 4001,1| same => n),(\w+)\(", bare.partition("[from-agent]")[0], re.MULTILINE)
    recording = ["MixMonitor", "CELGenUserEvent"] if recorded else []
    assert steps == ["MSet", "Answer", *recording, "Queue", "Hangup"]
    door = re.findall(r"\$\{FILTER\([^,]+,\$\{CALLERID\(\w+\)\}\)", ours.partition("[cti-queue-bench]")[0])
    assert door == re.findall(r"\$\{FILTER\([^,]+,\$\{CALLERID\(\w+\)\}\)", bare)
    assert len(door) >= 5

"""What Asterisk will read of the demo site, file by file.

After a change of templates that is meant, write the files anew with CTI_GOLDEN=write and read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cti.config import Config
from cti.render.inputs import Installation, PhoneCard
from cti.render.render import Renderer
from cti.site.model import Site

GOLDEN = Path(__file__).parent.parent / "golden"


def test_the_demo_site_renders_to_the_golden_files(
    config: Config, installation: Installation, demo: Site, phones: list[PhoneCard]
) -> None:
    files = Renderer(config, installation).render(demo, phones)
    if os.environ.get("CTI_GOLDEN") == "write":
        for old in GOLDEN.glob("*.conf"):
            old.unlink()
        for name, text in files.items():
            (GOLDEN / name).write_text(text, encoding="utf-8")
        pytest.skip("golden files written")
    golden = {file.name: file.read_text(encoding="utf-8") for file in GOLDEN.glob("*.conf")}
    assert sorted(files) == sorted(golden)
    for name, text in files.items():
        assert text == golden[name], f"{name} differs from its golden file"


def test_rendering_twice_gives_the_same(
    config: Config, installation: Installation, demo: Site, phones: list[PhoneCard]
) -> None:
    renderer = Renderer(config, installation)
    assert renderer.render(demo, phones) == Renderer(config, installation).render(demo, phones)


def test_every_place_that_the_dialplan_goes_to_exists(
    config: Config, installation: Installation, demo: Site, phones: list[PhoneCard]
) -> None:
    text = Renderer(config, installation).render(demo, phones)["extensions.conf"]
    contexts = {line.strip("[]") for line in text.splitlines() if line.startswith("[")}
    for target in [*(n.to for n in demo.numbers.values()), *(q.overflow for q in demo.queues.values())]:
        place = f"cti-{target.kind}-{target.name}"
        assert f"{place},s,1" in text
        assert place in contexts

"""A fresh clone has no environment yet: every script makes it first, and starts what is checked like all code."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from cti.stage import bench_agi, bench_ami

SCRIPTS = Path(__file__).parent.parent / "scripts"
STARTED = sorted(file for file in SCRIPTS.iterdir() if file.name != "env")
BENCHES = sorted(SCRIPTS.glob("bench_*"))


@pytest.mark.parametrize("script", STARTED, ids=lambda file: file.name)
def test_a_script_makes_the_environment_before_anything_else(script):
    lines = [line for line in script.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines[:3] == ["set -euo pipefail", '. "$(dirname "$0")/env"', "make_environment"]


@pytest.mark.parametrize("script", BENCHES, ids=lambda file: file.name)
def test_a_benchmark_lives_in_the_package_and_tells_how_it_is_started(script):
    (module,) = re.findall(r'^exec \.venv/bin/python -m (\S+) "\$@"$', script.read_text(encoding="utf-8"), re.MULTILINE)
    found = find_spec(module)
    assert found is not None
    assert f"    scripts/{script.name} [--json]" in Path(found.origin).read_text(encoding="utf-8")


def test_the_ami_benchmark_reads_the_recorded_streams():
    found = bench_ami.measured(events=100, rounds=1, segment=8_192)
    assert found["events"] >= 100
    assert set(found["per_second"]) == set(bench_ami.READERS)
    assert all(found["per_second"].values())


def test_the_agi_benchmark_has_sessions_of_every_kind_served():
    found = bench_agi.told(sessions=2, at_once=2, rounds=1)
    assert all(found[f"{kind}_sessions_per_second"] > 0 for kind in ("bare", "ours", "hosted", "process"))

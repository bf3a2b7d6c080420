"""`cti demo` as a stranger runs it: ten real calls go right, and whatever ends it, no process is left."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.pbx, pytest.mark.usefixtures("machine")]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "site"


def command(folder, *options):
    return [sys.executable, "-m", "cti", "demo", *options, str(folder)]


def living(folder):
    """Command lines that name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            found += [line] if str(folder) in line else []
    return found


def started_until(folder, word):
    """A demo in a session of its own, as in a terminal, read until it says `word`."""
    demo = subprocess.Popen(
        command(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, process_group=0
    )
    said = []
    for line in demo.stdout:
        said.append(line)
        if word in line:
            return demo
    demo.communicate()
    raise AssertionError("".join(said))


def test_ten_calls_go_right_and_are_told_in_plain_lines(folder):
    done = subprocess.run(command(folder, "--once"), capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 of 10 calls went right" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr
    assert "10 of 10 calls over" in done.stderr
    assert living(folder) == []


@pytest.mark.parametrize("word", ["simulated telephones", "booting", "pop for"])
def test_ctrl_c_at_any_moment_leaves_no_process(folder, word):
    demo = started_until(folder, word)
    os.killpg(demo.pid, signal.SIGINT)
    rest = demo.communicate(timeout=120)[0]
    assert demo.returncode == 0, rest
    assert "Traceback" not in rest
    assert rest.endswith("▸ stopped\n")
    assert living(folder) == []


@pytest.mark.parametrize("word", ["booting", "pop for"])
def test_kill_9_leaves_no_process_for_the_next_start_either(folder, word):
    demo = started_until(folder, word)
    demo.kill()
    demo.communicate(timeout=120)  # its output ends when the last process that could write to it is gone
    demo = started_until(folder, "the floor is at")  # waits for the guard of the one before
    os.killpg(demo.pid, signal.SIGTERM)
    demo.communicate(timeout=120)
    assert living(folder) == []


def test_an_instance_of_ones_own_is_not_touched(tmp_path):
    (tmp_path / "site.yaml").write_text("site: {}\n", encoding="utf-8")
    done = subprocess.run(command(tmp_path), capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (4, "")
    assert "an instance of your own" in done.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["site.yaml"]

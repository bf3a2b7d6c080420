"""Nothing of a demo is left running, and two never share a folder."""

import os
import select
import signal
import subprocess
import sys
import textwrap

import pytest

from cti.errors import Refused
from cti.stage import curtain
from cti.stage.curtain import Curtain, sweep

SLEEPER = "import sys, time\nprint('up', flush=True)\ntime.sleep(60)\n"
HOLDER = """
import subprocess, sys, time
from pathlib import Path
from cti.stage.curtain import Curtain
home = Path(sys.argv[1])
with Curtain(home):
    child = subprocess.Popen([sys.executable, "-m", "cti", "--home", str(home), "serve"], cwd=home / "fake",
                             stdout=subprocess.PIPE, process_group=0)
    child.stdout.readline()
    print(child.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def home(tmp_path):
    """An instance folder, and in it a package `cti` that only sleeps: its command lines are the real one's."""
    package = tmp_path / "fake" / "cti"
    package.mkdir(parents=True)
    for name in ("__init__", "__main__", "app"):
        (package / f"{name}.py").write_text("" if name == "__init__" else SLEEPER, encoding="utf-8")
    return tmp_path


@pytest.fixture
def started(home):
    processes = []

    def start(*arguments):
        command = [sys.executable, *arguments]
        process = subprocess.Popen(command, cwd=home / "fake", stdout=subprocess.PIPE, process_group=0)
        processes.append(process)
        assert process.stdout.readline() == b"up\n"
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def ended(pid, seconds=60.0):
    """Whether the process ends in time; a pidfd turns readable then."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


def test_what_an_instance_started_is_ended_supervisor_first(home, started):
    engine = started("-m", "cti.app", "engine", str(home), "5")
    serve = started("-m", "cti", "--home", str(home), "serve")
    assert sweep(home) == ["cti serve", "the engine"]
    assert (serve.wait(), engine.wait()) == (-signal.SIGTERM, -signal.SIGTERM)
    assert sweep(home) == []


def test_a_stopped_process_is_ended_too(home, started):
    engine = started("-m", "cti.app", "engine", str(home), "5")
    engine.send_signal(signal.SIGSTOP)
    assert sweep(home) == ["the engine"]
    assert engine.wait() == -signal.SIGTERM


def test_what_belongs_to_another_instance_or_to_a_person_is_left_alone(home, started, tmp_path_factory):
    other = started("-m", "cti", "--home", f"{home}-other", "serve")
    reader = started("-c", SLEEPER, str(home))
    assert sweep(home) == []
    assert (other.poll(), reader.poll()) == (None, None)


def test_two_demos_never_share_a_folder(home, monkeypatch):
    monkeypatch.setattr(curtain, "CLEANING_SECONDS", 0.0)
    with Curtain(home), pytest.raises(Refused, match="another demo"), Curtain(home):
        pass
    with Curtain(home):
        pass


def test_a_demo_that_is_killed_leaves_nothing_and_frees_its_folder_afterwards(home):
    script = textwrap.dedent(HOLDER)
    holder = subprocess.Popen([sys.executable, "-c", script, str(home)], stdout=subprocess.PIPE)
    child = int(holder.stdout.readline())
    holder.kill()
    holder.communicate()
    assert ended(child)
    with Curtain(home):  # the guard held the folder until it had cleaned up
        pass


def test_leftovers_are_ended_and_named_at_the_next_start(home, started):
    engine = started("-m", "cti.app", "engine", str(home), "5")
    said = []
    with Curtain(home, said.append):
        assert engine.wait() == -signal.SIGTERM
    assert said == ["ended the engine, which an earlier demo had left behind"]

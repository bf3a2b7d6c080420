"""Of the tests that several pytest share, each is run once, whole files at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = str(Path(__file__).parent)
CONFTEST = f"import sys\nsys.path.insert(0, {HERE!r})\nfrom lanes import pytest_runtestloop\n"
TEST = """
import os, pathlib, pytest
@pytest.fixture(scope="module")
def log():
    with pathlib.Path("ran").open("a") as file:
        yield file
        print("end", __name__[-1], file=file, flush=True)
@pytest.mark.parametrize("n", range(3))
def test_it(log, n):
    print(__name__[-1], n, file=log, flush=True)
"""


def test_each_file_is_run_whole_by_one_of_them_and_what_it_made_is_ended(tmp_path):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    files = [f"{'one' if letter < 'd' else 'two'}/test_{letter}.py" for letter in "abcdef"]
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(TEST)
    lanes = tmp_path / "lanes"
    lanes.mkdir()
    (lanes / "one-test_c").mkdir()  # somebody else's already, and the last one of its folder
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), *files]
    environment = {**os.environ, "CTI_TEST_LANES": str(lanes)}
    both = [subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate()[0].decode() for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    ran = (tmp_path / "ran").read_text().splitlines()
    for letter in "abdef":
        assert [line for line in ran if letter in line.removeprefix("end")] == [
            f"{letter} 0", f"{letter} 1", f"{letter} 2", f"end {letter}"
        ]  # fmt: skip
    assert len(ran) == 5 * 4

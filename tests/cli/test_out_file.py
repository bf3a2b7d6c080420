"""What a command writes is there whole, and whatever else stood at that name is what it was."""

import os

import pytest

from cti.cli.out_file import print_or_put, put
from cti.errors import UsageError


def test_a_file_is_replaced_as_a_whole_and_nothing_is_left_beside_it(tmp_path):
    out = tmp_path / "week.csv"
    out.write_text("of last week, and longer than what comes now")
    put(out, b"new")
    assert out.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [out]


def test_a_link_stays_a_link(tmp_path):
    there, out = tmp_path / "real.csv", tmp_path / "link.csv"
    there.write_text("old")
    out.symlink_to(there)
    put(out, b"new")
    assert out.is_symlink()
    assert there.read_bytes() == b"new"


def test_a_pipe_or_a_device_is_written_into_and_not_replaced(tmp_path):
    out = tmp_path / "pipe"
    os.mkfifo(out)
    reader = os.open(out, os.O_RDONLY | os.O_NONBLOCK)
    try:
        put(out, b"for whoever reads")
        assert os.read(reader, 100) == b"for whoever reads"
    finally:
        os.close(reader)
    assert out.is_fifo()


@pytest.mark.parametrize("name", ["no/such/folder.csv", "folder", "file/week.csv"])
def test_what_cannot_be_written_is_one_line_that_names_it(tmp_path, name):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=f"cannot write .*{name}: "):
        put(tmp_path / name, b"new")
    assert {path.name for path in tmp_path.iterdir()} == {"folder", "file"}


def test_text_for_nobody_in_particular_is_printed_with_the_end_of_its_line(capsys):
    print_or_put("a", None)
    print_or_put("b\n", None)
    assert capsys.readouterr().out == "a\nb\n"

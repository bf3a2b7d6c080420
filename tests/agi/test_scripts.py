"""Hosted pyst2 scripts: both kinds run, changes count at once, and a bad one harms nobody."""

from __future__ import annotations

import asyncio
import logging
import os
import sys

import pytest

from cti.agi.scripts import ScriptHost

from .conftest import SET


async def test_main_gets_a_ready_agi_object(house):
    async with house() as home:
        home.write(
            "one.py",
            "def main(agi):\n"
            "    agi.set_variable('X', agi.env['agi_callerid'] + agi.env['agi_arg_2'])\n"
            "    agi.set_variable('Y', agi.get_variable('X'))\n",
        )
        peer = await home.call("one", "a", "b c", agi_callerid="10086")
        assert peer.variables == {"X": "10086b c", "Y": "10086b c", "CTI_SCRIPT": "done"}
        assert peer.order[-1] == "CTI_SCRIPT"


CLASSIC = {
    "top level": "from asterisk.agi import AGI\nagi = AGI()\nagi.set_variable('X', agi.env['agi_uniqueid'])\n",
    "guarded": (
        "import asterisk.agi, sys\n"
        "def main():\n    agi = asterisk.agi.AGI()\n"
        "    agi.set_variable('X', agi.env['agi_uniqueid'])\n    sys.exit(0)\n"
        "if __name__ == '__main__':\n    main()\n"
    ),
    "star, argv and print": (
        "import sys, signal\nfrom asterisk.agi import *\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)\nprint('debug')\n"
        "sys.stderr.write('debug\\n')\nagi = AGI()\nagi.set_variable('X', sys.argv[1])\n"
    ),
    "raw": (
        "import sys\nimport asterisk.agi as m\na = m.AGI(sys.stdin, sys.stdout, sys.stderr)\n"
        "sys.stdout.write('SET VARIABLE X \"%s\"\\n' % a.env['agi_uniqueid'])\n"
        "sys.stdout.flush()\nsys.stdin.readline()\n"
    ),
}


@pytest.mark.parametrize("text", CLASSIC.values(), ids=CLASSIC)
async def test_a_classic_script_runs_unchanged(house, text):
    async with house() as home:
        home.write("old.py", text)
        for uniqueid in ("17.1", "17.2"):
            peer = await home.call("old", uniqueid, agi_uniqueid=uniqueid)
            assert peer.variables == {"X": uniqueid, "CTI_SCRIPT": "done"}


async def test_nothing_global_is_patched(house):
    import asterisk.agi

    before = asterisk.agi.AGI, sys.argv, sys.stdin, sys.stdout, sys.modules["asterisk.agi"]
    async with house() as home:
        home.write("old.py", CLASSIC["top level"])
        await home.call("old")
    assert (asterisk.agi.AGI, sys.argv, sys.stdin, sys.stdout, sys.modules["asterisk.agi"]) == before


async def test_calls_at_the_same_time_each_have_their_own_session(house):
    async with house(threads=8) as home:
        home.write("old.py", CLASSIC["top level"])
        home.write("new.py", "def main(agi):\n    agi.set_variable('X', agi.env['agi_uniqueid'])\n")
        calls = [home.call(("old", "new")[n % 2], agi_uniqueid=f"17.{n}") for n in range(60)]
        peers = await asyncio.gather(*calls)
        assert [peer.variables["X"] for peer in peers] == [f"17.{n}" for n in range(60)]


async def test_a_changed_file_counts_for_the_next_call(house):
    async with house() as home:
        for number, text in enumerate([SET.format("old"), SET.format("new"), CLASSIC["top level"]]):
            home.write("one.py", text)
            os.utime(home.folder / "one.py", ns=(number, number))
            peer = await home.call("one", agi_uniqueid="classic")
            assert peer.variables["X"] == ("old", "new", "classic")[number]


@pytest.mark.parametrize(
    ("text", "logged"),
    [
        ("def main(agi):\n    1 / 0\n", True),
        ("1 / 0\n", True),
        ("def main(agi:\n", True),
        ("import nothing_of_that_name\ndef main(agi):\n    pass\n", True),
        ("def main(agi):\n    raise SystemExit(3)\n", False),
        ("import sys\nsys.exit('no')\n", False),
        ("def main(agi):\n    raise KeyboardInterrupt\n", True),
    ],
)
async def test_a_script_that_fails_harms_only_itself(house, caplog, text, logged):
    async with house(threads=1) as home:
        home.write("bad.py", text)
        home.write("good.py", SET.format("fine"))
        assert (await home.call("bad")).variables == {"CTI_SCRIPT": "error"}
        assert (await home.call("good")).variables == {"X": "fine", "CTI_SCRIPT": "done"}
        assert any(record.exc_info for record in caplog.records) is logged


@pytest.mark.parametrize("name", ["none", "readme.md", "link", "sub", "good.py.py"])
async def test_what_is_no_script_of_the_folder_is_refused(house, tmp_path_factory, name):
    async with house() as home:
        outside = tmp_path_factory.mktemp("outside") / "secret.py"
        outside.write_text(SET.format("escaped"), encoding="utf-8")
        (home.folder / "link.py").symlink_to(outside)
        (home.folder / "sub").mkdir()
        home.write("readme.md", "no")
        home.write("good.py", SET.format("fine"))
        assert (await home.call(name)).variables == {"CTI_SCRIPT": "error"}
        assert (await home.call("good.py")).variables == {"X": "fine", "CTI_SCRIPT": "done"}


@pytest.mark.parametrize("name", ["../secret", "sub/../../secret", "/etc/passwd", "a\0b", ""])
async def test_a_name_cannot_leave_the_folder(tmp_path, name):
    from cti.errors import NotFound

    folder = tmp_path / "scripts"
    folder.mkdir()
    (tmp_path / "secret.py").write_text(SET.format("escaped"), encoding="utf-8")
    with pytest.raises(NotFound):
        ScriptHost(folder).file_of(name)


async def test_a_hangup_reaches_the_script_as_pyst2s_own_exception(house):
    async with house() as home:
        home.write(
            "wait.py",
            "from asterisk.agi import AGIHangup, AGIAppError\n"
            "def main(agi):\n"
            "    try:\n        agi.appexec('Wait', '60')\n    except AGIAppError:\n        pass\n"
            "    try:\n        agi.verbose('still here')\n    except AGIHangup:\n        raise SystemExit(0)\n",
        )
        peer = await home.start("wait")
        peer.answers["EXEC"] = "200 result=-1\nHANGUP\n"
        await peer.serve()
        assert [line.split()[0] for line in peer.lines] == ["EXEC", "SET"]
        assert peer.variables == {"CTI_SCRIPT": "done"}


async def test_a_vanished_asterisk_ends_the_script(house):
    async with house(threads=1) as home:
        home.write("wait.py", "def main(agi):\n    agi.appexec('Wait', '60')\n")
        home.write("good.py", SET.format("fine"))
        peer = await home.start("wait")
        peer.answers["EXEC"] = None
        serving = asyncio.create_task(peer.serve())
        await peer.asked.wait()
        peer.writer.transport.abort()
        await serving
        assert (await home.call("good")).variables == {"X": "fine", "CTI_SCRIPT": "done"}


@pytest.mark.parametrize("text", ["a\\nHANGUP", "a\\rb", "a\\0b", "x' * 9000 + '"])
async def test_a_script_cannot_send_a_second_command_in_a_value(house, text):
    async with house() as home:
        home.write("evil.py", f"def main(agi):\n    agi.set_variable('X', '{text}')\n")
        peer = await home.call("evil")
        assert peer.variables == {"CTI_SCRIPT": "error"}
        assert len(peer.lines) == 1


async def test_what_scripts_print_is_a_debug_line_that_cannot_be_forged(house, caplog):
    caplog.set_level(logging.DEBUG, "cti.agi.hosting")
    async with house() as home:
        home.write("talk.py", "def main(agi):\n    print('a\\nERROR forged\\x1b[2J')\n")
        await home.call("talk")
    lines = [record.getMessage() for record in caplog.records if "forged" in record.getMessage()]
    assert len(lines) == 1
    assert lines[0].isprintable()

"""A script tried without a phone: the pretended channel's answers, and what is told of a run."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from cti.agi.pretend import PRETENDED, SIMULATED, PretendChannel, channel_of
from cti.agi.scripts import ScriptHost
from cti.agi.trial import described, try_script
from cti.cli import main
from cti.cli.init import make_instance
from cti.errors import NotFound


def test_keys_are_pressed_where_somebody_listens() -> None:
    channel = PretendChannel(digits="123#456")
    assert channel.answer("WAIT FOR DIGIT 100") == "200 result=49"
    assert channel.answer('GET DATA "x" 2000 10') == "200 result=23"
    assert channel.answer('STREAM FILE "x" ""') == "200 result=0 endpos=8000"
    assert channel.answer('STREAM FILE "x" "56"') == "200 result=53 endpos=8000"
    assert channel.answer('GET DATA "x"') == "200 result=6 (timeout)"
    assert channel.answer('GET DATA "x"') == "200 result= (timeout)"
    assert channel.answer("WAIT FOR DIGIT 100") == "200 result=0"


def test_get_data_ends_at_its_most_digits_and_leaves_the_rest() -> None:
    channel = PretendChannel(digits="12345")
    assert channel.answer("GET DATA x 2000 2") == "200 result=12"
    assert channel.answer("SAY DIGITS 1 3") == "200 result=51"
    assert channel.answer('RECORD FILE "x" wav "45" -1') == "200 result=52 (dtmf) endpos=8000"


def test_answers_given_by_hand_come_in_turn_and_win() -> None:
    given = (
        "get data=12",
        "GET DATA=timeout",
        "STREAM FILE=1",
        "GET VARIABLE X=a b",
        "EXEC Dial=hangup",
        "ANSWER=511 no",
    )
    channel = channel_of([("X", "mine")], (), given)
    assert [channel.answer("GET DATA x") for _ in range(3)] == [
        "200 result=12",
        "200 result= (timeout)",
        "200 result= (timeout)",
    ]
    assert channel.answer("STREAM FILE x 1") == "200 result=49 endpos=8000"
    assert channel.answer("GET VARIABLE X") == "200 result=1 (a b)"
    assert channel.answer("ANSWER") == "511 no"
    assert channel.answer("EXEC Dial x") == "200 result=-1\nHANGUP"
    assert channel.answer("STREAM FILE x 1").startswith("200")  # prepared is prepared
    assert channel.answer("WAIT FOR DIGIT 1").startswith("511")


@pytest.mark.parametrize(
    ("pairs", "arguments", "answers"),
    [
        ([("digits", "12x")], (), ()),
        ([("CALLERID(num)", "1")], (), ()),
        ([("", "1")], (), ()),
        ([("number", "1\nagi_arg_1: admin")], (), ()),
        ([("number", "\x1b[2J")], (), ()),
        ([], ("a\n\n200 result=1",), ()),
        ([], (), ("GET DATA",)),
        ([], (), ("=1",)),
        ([], (), ("GET DATA=1\n200 result=1",)),
    ],
)
def test_what_no_channel_could_hold_is_refused(pairs, arguments, answers) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        channel_of(pairs, arguments, answers)


def test_the_readme_for_authors_names_every_command_that_is_answered() -> None:
    from cti.share import shared_folder

    text = (shared_folder("agi_scripts") / "README.md").read_text("utf-8")
    assert [name for name in (*SIMULATED, *PRETENDED) if name.partition(" ")[0] not in text] == []


# --- runs ---------------------------------------------------------------------------------------------

ASKS = """'''Asks for a number.

More.'''
# limit: {limit}
def main(agi):
    digits = agi.get_data("enter", 3000, 5)
    print("got", digits)
    agi.set_variable("OLD", "same")
    agi.set_variable("MEMBER", digits + agi.env["agi_callerid"] + agi.env["agi_arg_1"])
    {more}
"""


def write(folder, more="pass", limit="60 s", name="ask"):
    (folder / f"{name}.py").write_text(ASKS.format(more=more, limit=limit), encoding="utf-8")
    return ScriptHost(folder, limit_seconds=60.0)


async def test_a_run_tells_the_conversation_and_what_was_set(tmp_path) -> None:
    channel = channel_of([("number", "10086"), ("digits", "77#"), ("OLD", "same")], ("x",), ())
    trial = await try_script(write(tmp_path), "ask", channel)
    assert (trial.verdict, trial.variables) == ("done", {"MEMBER": "7710086x"})
    assert [(line.who, line.text) for line in trial.lines] == [
        ("script", "GET DATA enter 3000 5"),
        ("asterisk", "200 result=77"),
        ("log", "got 77"),
        ("script", 'SET VARIABLE "OLD" "same"'),
        ("asterisk", "200 result=1"),
        ("script", 'SET VARIABLE "MEMBER" "7710086x"'),
        ("asterisk", "200 result=1"),
    ]
    assert [line.at for line in trial.lines] == sorted(line.at for line in trial.lines)


async def test_a_script_that_raises_is_an_error_with_its_traceback(tmp_path) -> None:
    trial = await try_script(write(tmp_path, "1 / 0"), "ask", channel_of([], ("x",), ()))
    assert trial.verdict == "error"
    assert trial.lines[-1].text == "ZeroDivisionError: division by zero"


async def test_a_caller_who_goes_is_an_error_as_in_a_call(tmp_path) -> None:
    host = write(tmp_path, 'agi.verbose("still here?")')
    trial = await try_script(host, "ask", channel_of([], ("x",), ("GET DATA=hangup",)))
    assert (trial.verdict, trial.variables) == ("error", {})


async def test_the_limit_in_a_script_counts_and_is_read_again(tmp_path) -> None:
    host = write(tmp_path, "while True: pass", limit="0.2 s")
    trial = await try_script(host, "ask", channel_of([], ("x",), ()))
    assert (trial.verdict, host.limit_of(tmp_path / "ask.py")) == ("timeout", 0.2)
    assert any("stopped after 0.2 s" in line.text for line in trial.lines)
    write(tmp_path, "pass", limit="30")
    assert host.limit_of(tmp_path / "ask.py") == 30
    assert (await try_script(host, "ask", channel_of([], ("x",), ()))).verdict == "done"


@pytest.mark.parametrize("limit", ["", "soon", "0", "-1 s", "601 s", "1e3", "3 min", "9" * 40])
async def test_a_wrong_limit_is_told_and_the_default_counts(tmp_path, caplog, limit) -> None:
    host = write(tmp_path, limit=limit)
    assert host.limit_of(tmp_path / "ask.py") == 60.0
    assert "ask.py:4: limit " in caplog.text
    row = described(host, "ask")
    assert row["wrong"].startswith("4: limit ")
    assert (row["says"], row["limit_seconds"]) == ("Asks for a number.", 60.0)


async def test_no_such_script(tmp_path) -> None:
    with pytest.raises(NotFound, match="there are: ask"):
        await try_script(write(tmp_path), "../ask", channel_of([], (), ()))


# --- the command ----------------------------------------------------------------------------------------


@pytest.fixture
def cti(tmp_path):
    make_instance(tmp_path)
    (tmp_path / "agi_scripts").mkdir()
    write(tmp_path / "agi_scripts", "if digits == '9': 1 / 0")
    write(tmp_path / "agi_scripts", "while True: pass", limit="0.2 s", name="endless")
    return lambda *words: CliRunner().invoke(main, ["--home", str(tmp_path), "agi", *words], catch_exceptions=False)


def test_the_exit_code_says_what_became_of_it(cti) -> None:
    done = cti("run", "ask", "one", "--with", "number=1", "--with", "digits=5")
    assert done.exit_code == 0
    assert "→ GET DATA enter 3000 5\n" in done.stdout
    assert "set MEMBER=51one\n" in done.stdout
    assert cti("run", "ask.py", "one", "--answer", "GET DATA=9").exit_code == 6
    assert cti("run", "endless", "one").exit_code == 124
    assert cti("run", "none").exit_code == 3
    assert cti("run", "ask", "--with", "number").exit_code == 2
    assert cti("run", "ask", "--answer", "x").exit_code == 2


def test_the_list_finds_what_cannot_run(cti, tmp_path) -> None:
    assert cti("list").exit_code == 0
    (tmp_path / "agi_scripts" / "bad.py").write_text("def main(agi:\n")
    listed = cti("list")
    assert listed.exit_code == 2
    assert "1: " in listed.stdout

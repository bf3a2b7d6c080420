"""Which actions we send at all: a short list, none of which runs, reads or sets anything named from outside. One dials:
what is in it, tests/engine/test_callbacks.py tells (two contexts of ours, a checked number, no application).

Held by reading the source: every call by which an action can go out names it as a constant of this list.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import cti
from cti.ami.wire import encode
from cti.core.commands import MirrorMember, MirrorPause, UnmirrorMember
from cti.core.words import AgentId, Phone, QueueName
from cti.engine.mirror import Mirror
from cti.errors import AmiError

SENT = {
    "QueueAdd",
    "QueueRemove",
    "QueuePenalty",
    "QueuePause",
    "QueueStatus",
    "CoreStatus",
    "Ping",
    "Login",
    "Originate",
}
LISTS = {"CoreShowChannels", "QueueStatus", "DeviceStateList"}
WAYS = {"send", "post", "start", "_send"}  # of Mirror, ManagerLink, AmiClient, OneConnection
FORWARDERS = {"ami/client.py", "engine/link.py", "engine/mirror.py"}  # hand on the action that they were given
ROOMS = ("ami", "engine", "web", "cli", "agi", "app", "supervisor.py", "customers", "recordings", "journal", "db")


def actions() -> Iterator[tuple[str, ast.expr]]:
    """(file, first argument) of every call that may send an action."""
    house = Path(cti.__file__).parent
    for file in sorted(house.rglob("*.py")):
        name = file.relative_to(house).as_posix()
        if not name.startswith(ROOMS):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in WAYS
                and node.args
            ):
                yield name, node.args[0]


def test_no_other_action_is_named_anywhere_and_none_is_built_from_text() -> None:
    named = {argument.value for _, argument in actions() if isinstance(argument, ast.Constant)}
    named = {name for name in named if isinstance(name, str) and name[:1].isupper()}
    assert named == SENT
    for file, argument in actions():
        assert not isinstance(argument, ast.JoinedStr | ast.BinOp), f"{file} builds an action's name"
        if isinstance(argument, ast.Name) and argument.id == "action":
            assert file in FORWARDERS, f"{file} hands on an action"


def test_the_lists_are_the_three_of_a_resync() -> None:
    from cti.ami.client import RESYNC

    assert set(RESYNC) == LISTS


OUTSIDE = ["x\r\nAction: Originate", "x\nAction: Originate", "x\0", "x\r", "\r\n\r\nAction: Reload\r\n\r\n"]


@pytest.mark.parametrize("text", OUTSIDE)
def test_a_pause_reason_from_outside_cannot_carry_another_action(text: str) -> None:
    sent: list[tuple[str, dict[str, str]]] = []
    mirror = Mirror(lambda action, headers: sent.append((action, dict(headers))), lambda _: Phone("PJSIP/1001"))
    agent, queue = AgentId("1001"), QueueName("sales")
    mirror.member(MirrorMember(queue=queue, agent=agent, penalty=0))
    mirror.pause(MirrorPause(agent=agent, paused=True, reason=text))
    mirror.unmember(UnmirrorMember(queue=queue, agent=agent))
    assert [action for action, _ in sent] == ["QueueAdd", "QueuePause", "QueueRemove"]
    with pytest.raises(AmiError, match="CR, LF or NUL"):
        encode(*sent[1], "1")


@pytest.mark.parametrize("text", [": x", " x", "a: b", "a\tb", "Local/x@from-internal-system/n", "SHELL(id)=1,b=2"])
def test_whatever_else_a_reason_says_stays_the_value_of_its_one_header(text: str) -> None:
    lines = encode("QueuePause", {"Interface": "PJSIP/1001", "Reason": text}, "1").split(b"\r\n")
    assert [line.partition(b": ")[0] for line in lines] == [b"Action", b"ActionID", b"Interface", b"Reason", b"", b""]
    assert lines[3] == f"Reason: {text}".encode()

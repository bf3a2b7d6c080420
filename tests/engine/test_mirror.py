"""The fallback queue has the members, penalties and pauses that the agents have."""

from dataclasses import replace

from cti.ami.members import Member
from cti.core.commands import MirrorMember, MirrorPause, UnmirrorMember
from cti.engine.mirror import Mirror


def mirror() -> tuple[Mirror, list[tuple[str, dict[str, str]]]]:
    sent: list[tuple[str, dict[str, str]]] = []
    phones = {"1001": "PJSIP/1001", "1002": "PJSIP/1002"}
    return Mirror(lambda action, headers: sent.append((action, dict(headers))), phones.get), sent


def row(queue: str, number: str, *, penalty: int = 0, paused: bool = False) -> Member:
    return Member(queue=queue, interface=f"PJSIP/{number}", name=number, penalty=penalty, paused=paused)


def test_a_login_adds_the_member_with_its_penalty_and_a_change_only_changes_the_penalty():
    m, sent = mirror()
    m.member(MirrorMember(queue="sales", agent="1001", penalty=1))
    m.member(MirrorMember(queue="sales", agent="1001", penalty=1))
    m.member(MirrorMember(queue="sales", agent="1001", penalty=0))
    assert [action for action, _ in sent] == ["QueueAdd", "QueuePenalty"]
    assert sent[0][1]["MemberName"] == "1001"
    assert sent[0][1]["Penalty"] == "1"


def test_a_pause_reaches_asterisk_with_its_reason_and_a_later_login_is_born_paused():
    m, sent = mirror()
    m.pause(MirrorPause(agent="1001", paused=True, reason="lunch"))
    m.member(MirrorMember(queue="sales", agent="1001", penalty=0))
    assert sent == [
        (
            "QueueAdd",
            {
                "Queue": "sales",
                "Interface": "PJSIP/1001",
                "MemberName": "1001",
                "StateInterface": "PJSIP/1001",
                "Penalty": "0",
                "Paused": "true",
                "Reason": "lunch",
            },
        )
    ]
    m.pause(MirrorPause(agent="1001", paused=False))
    assert sent[-1] == ("QueuePause", {"Interface": "PJSIP/1001", "Paused": "false"})


def test_after_a_reconnect_only_the_difference_is_sent():
    m, sent = mirror()
    m.member(MirrorMember(queue="sales", agent="1001", penalty=0))
    m.member(MirrorMember(queue="parts", agent="1002", penalty=2))
    sent.clear()
    there = [row("sales", "1001"), row("parts", "1002", penalty=2), row("sales", "1099"), row("foreign", "7")]
    assert m.reconcile(there, ["sales", "parts"]) == 1
    assert sent == [("QueueRemove", {"Queue": "sales", "Interface": "PJSIP/1099"})]
    assert m.reconcile([row("sales", "1001"), row("parts", "1002", penalty=2)], ["sales", "parts"]) == 0


def test_a_restarted_asterisk_that_lost_its_members_gets_them_all_back():
    m, sent = mirror()
    m.member(MirrorMember(queue="sales", agent="1001", penalty=0))
    m.pause(MirrorPause(agent="1001", paused=True, reason="lunch"))
    sent.clear()
    assert m.reconcile([], ["sales"]) == 1
    assert (sent[0][0], sent[0][1]["Paused"]) == ("QueueAdd", "true")


def test_a_logout_removes_the_member_once():
    m, sent = mirror()
    m.member(MirrorMember(queue="sales", agent="1001", penalty=0))
    m.unmember(UnmirrorMember(queue="sales", agent="1001"))
    m.unmember(UnmirrorMember(queue="sales", agent="1001"))
    assert [action for action, _ in sent] == ["QueueAdd", "QueueRemove"]


def test_a_phone_that_was_another_agents_is_taken_from_them():
    m, sent = mirror()
    m.member(MirrorMember(queue="sales", agent="1001", penalty=0))
    sent.clear()
    there = Member(queue="sales", interface="PJSIP/1001", name="1002", penalty=0, paused=False)
    assert m.reconcile([there], ["sales"]) == 1
    assert [action for action, _ in sent] == ["QueueRemove", "QueueAdd"]
    assert sent[1][1]["MemberName"] == "1001"


def test_another_reason_for_the_same_pause_is_mended_too():
    m, sent = mirror()
    m.member(MirrorMember(queue="sales", agent="1001", penalty=0))
    m.pause(MirrorPause(agent="1001", paused=True, reason="lunch"))
    sent.clear()
    row = Member(queue="sales", interface="PJSIP/1001", name="1001", penalty=0, paused=True, reason="lunch")
    assert m.reconcile([row], ["sales"]) == 0
    changes = m.changes
    assert m.reconcile([replace(row, reason="training")], ["sales"]) == 1
    assert sent[-1] == (
        "QueuePause",
        {"Interface": "PJSIP/1001", "Paused": "true", "Queue": "sales", "Reason": "lunch"},
    )
    assert m.changes > changes, "whoever compares meanwhile must know"

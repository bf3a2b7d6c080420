"""Changes of a roster, each as one short text."""

from __future__ import annotations

import pytest
from acd_playbook import card

from cti.core.changes import with_levels, with_more, without
from cti.errors import UsageError

CARDS = [card("1001", sales=50), card("1002", service=40)]


def test_a_level_is_set_added_or_taken_away():
    one, two = with_levels(CARDS, ["1001.sales=80", "1001.parts=5", "1002.service=0"])
    assert (one.skills, two.skills) == ({"sales": 80, "parts": 5}, {})
    assert CARDS[0].skills == {"sales": 50}


def test_agents_leave_and_others_come():
    assert [one.agent for one in without(CARDS, ["1001"])] == ["1002"]
    more = with_more(CARDS, ["2:sales=70;service=40", "1:"])
    assert [(one.agent, one.skills) for one in more[2:]] == [
        ("+1", {"sales": 70, "service": 40}), ("+2", {"sales": 70, "service": 40}), ("+3", {}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "text"),
    [(with_levels, "1001.sales"), (with_levels, "1001.sales=101"), (with_levels, "77.sales=1"), (without, "77"),
     (with_more, "sales=70"), (with_more, "0:sales=70"), (with_more, "1001:sales=70"), (with_more, "1:sales=0")],
)  # fmt: skip
def test_what_cannot_be_is_refused(change, text):
    with pytest.raises(UsageError):
        change(CARDS, [text])

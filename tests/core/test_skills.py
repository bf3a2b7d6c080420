"""Skills and needs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti.core.skills import combine, mastery, missing, need_text, parse_need, satisfies
from cti.errors import UsageError

LEVELS = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 100))


def need(**levels):
    return tuple(sorted(levels.items()))


def test_the_empty_need_is_met_by_anybody():
    assert satisfies({}, ())


def test_a_missing_skill_never_satisfies_not_even_a_need_of_nothing():
    assert not satisfies({"sales": 90}, need(engine=0))
    assert missing({"sales": 90}, need(engine=1, sales=1)) == ("engine", 1)


def test_the_level_must_be_reached():
    assert satisfies({"sales": 50}, need(sales=50))
    assert not satisfies({"sales": 49}, need(sales=50))


def test_combined_needs_take_the_highest_level_of_each_skill():
    assert combine(need(b=5, a=1), need(a=70), ()) == need(a=70, b=5)


@given(LEVELS, LEVELS, LEVELS)
def test_a_combined_need_is_met_exactly_by_who_meets_both(skills, one, other):
    both = satisfies(skills, need(**one)) and satisfies(skills, need(**other))
    assert satisfies(skills, combine(need(**one), need(**other))) == both


def test_mastery_adds_the_levels_of_what_is_wanted():
    assert mastery({"a": 10, "b": 5, "c": 90}, ("a", "b", "x")) == 15


@given(LEVELS)
def test_a_need_is_read_back_from_its_text(levels):
    assert parse_need(need_text(need(**levels))) == need(**levels)


@pytest.mark.parametrize(
    "text", ["sales", "sales=", "sales=0", "sales=101", "=4", "Sales=4", "a=１", "a=4,,b", "a=4;x"]
)
def test_a_need_that_is_not_skill_and_level_is_refused(text):
    with pytest.raises(UsageError, match="a need is skill=level"):
        parse_need(text)

"""How each queue was served today."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cti.engine.today import Today

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # in Shanghai
CHINA = ZoneInfo("Asia/Shanghai")


def test_a_queue_that_nobody_has_left_has_no_service():
    assert Today(CHINA).of("sales", NOON) == {"answered": 0, "in_time": 0, "lost": 0, "service": None}


def test_callers_are_counted_as_they_leave_on_top_of_what_the_rows_know():
    today = Today(CHINA)
    today.begin([("sales", 4, 3, 1)], NOON)
    today.answered("sales", 20.0, NOON)
    today.answered("sales", 20.1, NOON)
    today.lost("sales", NOON)
    assert today.of("sales", NOON) == {"answered": 6, "in_time": 4, "lost": 2, "service": 0.5}
    assert today.of("parts", NOON)["service"] is None


def test_midnight_is_the_sites_own():
    today = Today(CHINA)
    assert today.midnight(NOON) == datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
    today.lost("sales", NOON + timedelta(hours=11, minutes=59))
    assert today.of("sales", NOON + timedelta(hours=11, minutes=59))["lost"] == 1
    assert today.of("sales", NOON + timedelta(hours=12))["lost"] == 0

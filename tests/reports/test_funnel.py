"""The menu funnel: every place by its way, who went on, who was lost, and the tries."""

from __future__ import annotations

from cti.core.metrics.journeys import Stop, journey
from cti.reports.funnel import FunnelReport, Travelled

from .asking import asked, local, rows

DAY = ("2026-11-02", "2026-11-03")
TO_SALES = [Stop("menu", "main", "chosen", "1", 4_000), Stop("wait", "sales", "answered")]
TO_SERVICE = [Stop("menu", "main", "invalid", "7", 1_000), Stop("menu", "main", "chosen", "2", 2_000),
              Stop("wait", "service", "abandoned")]  # fmt: skip
LOST = [Stop("menu", "main", "timeout", "", 5_000), Stop("menu", "main", "left", "", 2_000)]


def call(outcome: str, stops: list[Stop], at: str = "2026-11-02 09:00", did: str = "400") -> Travelled:
    return Travelled(local(at), outcome, journey(did, outcome, stops))


CALLS = (
    call("answered", TO_SALES),
    call("answered", TO_SALES),
    call("abandoned", TO_SERVICE),
    call("abandoned", LOST),
    call("closed", []),
)


def made(per: str = "path", calls=CALLS, since=DAY[0], until=DAY[1], **more):
    report = FunnelReport(asked("funnel", since, until, **more), per=per)
    for call in calls:
        report.add(call)
    return report.made()


def test_every_place_has_those_who_came_went_on_and_were_lost():
    names = ("step", "path", "callers", "went_on", "hung_up", "answered")
    assert [tuple(row[name] for name in names) for row in rows(made())] == [
        (1, "number 400", 5, 4, 0, 2),
        (2, "number 400 / menu main", 4, 3, 1, 2),
        (3, "number 400 / menu main / 1 > queue sales", 2, 0, 0, 2),
        (3, "number 400 / menu main / 2 > queue service", 1, 0, 1, 0),
    ]


def test_a_menu_tells_wrong_keys_silence_and_the_time_in_it():
    main = rows(made())[1]
    assert (main["wrong_keys"], main["timeouts"], main["mean_seconds"]) == (1, 1, 4.5)
    assert (main["share_percent"], main["hung_up_share_percent"], main["answered_share_percent"]) == (80.0, 25.0, 50.0)
    queue = rows(made())[2]
    assert (queue["wrong_keys"], queue["timeouts"], queue["mean_seconds"]) == (None, None, None)


def test_who_came_is_who_went_on_and_who_ended_there():
    tree = {row["path"]: row for row in rows(made())}
    for path, row in tree.items():
        below = [other for name, other in tree.items() if name.rpartition(" / ")[0] == path]
        assert row["went_on"] == sum(other["callers"] for other in below)


def test_a_place_by_whatever_way_counts_a_caller_once():
    twice = call("answered", [Stop("menu", "main", "chosen", "9"), *TO_SALES])
    found = {row["place"]: row for row in rows(made("place", [*CALLS, twice]))}
    assert (found["menu main"]["callers"], found["menu main"]["answered"]) == (5, 3)
    assert (found["queue sales"]["callers"], found["number 400"]["callers"]) == (3, 6)


def test_by_day_each_day_has_a_funnel_of_its_own():
    calls = [call("answered", TO_SALES, "2026-11-02 23:59:59"), call("abandoned", LOST, "2026-11-03 00:00")]
    report = made(calls=calls, until="2026-11-04", by="day")
    assert [(row["from"].day, row["place"], row["share_percent"]) for row in rows(report)] == [
        (2, "number 400", 100.0), (2, "menu main", 100.0), (2, "queue sales", 100.0),
        (3, "number 400", 100.0), (3, "menu main", 100.0),
    ]  # fmt: skip
    assert report.compact == ()


def test_a_terminal_is_shown_the_tree():
    (tree,) = made().compact
    assert [row[0] for row in tree.rows] == [
        "number 400",
        "  menu main",
        "    1: queue sales",
        "    2: queue service",
    ]
    assert tree.rows[1][1:] == ("4", "80.0 %", "1", "1", "1", "50.0 %")


def test_rare_ways_are_left_out_of_the_terminal_and_said_to_be():
    calls = [call("answered", [Stop("menu", "main", "chosen", str(n)), Stop("wait", f"q{n}", "")]) for n in range(60)]
    report = made(calls=calls)
    (tree,) = report.compact
    assert (len(report.rows), len(tree.rows)) == (62, 40)
    assert "22 rarer ways" in report.notes[0].says


def test_without_calls_there_is_no_line():
    report = made(calls=[])
    assert (report.rows, report.compact) == ((), ())

"""Transfers: by who passes on to whom, by agent, by queue."""

from __future__ import annotations

from cti.core.metrics.passings import Became, Passing
from cti.reports.transfers import TransfersReport

from .asking import asked, local, rows, total

TITLES = {"1001": "王芳", "1002": "李强"}


def passing(at: str = "2026-11-02 09:00", how: str = "blind", became: Became = Became.ANSWERED, **said) -> Passing:
    usual = {"agent": "1001", "queue": "sales", "target": "1002", "to_agent": "1002", "to_queue": ""}
    times = {"talked_ms": 30_000, "waited_ms": 6_000, "talked_after_ms": 20_000}
    return Passing(at=local(at), how=how, became=became, **{**usual, **times, **said})


TOLD = (
    passing(),
    passing(how="attended", waited_ms=0, talked_ms=60_000, talked_after_ms=40_000),
    passing(became=Became.LOST, to_agent="", talked_after_ms=0, waited_ms=9_000),
    passing(agent="1002", how="blonde", to_agent="1003", to_queue="service", became=Became.ANSWERED),
    passing(agent="1002", how="", became=Became.RETURNED, to_agent="1002", target="1009"),
)


def made(per: str, told=TOLD, until: str = "2026-11-03", **more):
    report = TransfersReport(asked("transfers", "2026-11-02", until, **more), per=per)
    for one in told:
        report.add(one)
    return report.made(TITLES)


def test_who_passes_on_to_whom_and_what_became_of_it():
    first, *others = rows(made("pair"))
    assert first == {
        "agent": "1001", "agent_name": "王芳", "passed_to": "1002 李强", "transfers": 3, "blind": 2, "attended": 1,
        "blonde": 0, "conference": 0, "other": 0, "answered": 2, "returned": 0, "lost": 1, "elsewhere": 0,
        "answered_share_percent": 66.67, "talked_before_seconds": 40.0, "waited_seconds": 5.0,
        "talked_after_seconds": 30.0,
    }  # fmt: skip
    assert [(row["agent"], row["passed_to"], row["returned"], row["other"]) for row in others] == [
        ("1002", "1009", 1, 1),
        ("1002", "queue service", 0, 0),
    ]


def test_by_agent_and_by_queue_it_is_the_same_sum():
    for per in ("pair", "agent", "queue"):
        assert sum(row["transfers"] for row in rows(made(per))) == total(made(per))["transfers"] == 5
    assert [(row["agent"], row["transfers"]) for row in rows(made("agent"))] == [("1001", 3), ("1002", 2)]
    assert {(row["queue"], row["to_queue"]): row["transfers"] for row in rows(made("queue"))} == {
        ("sales", ""): 4,
        ("sales", "service"): 1,
    }


def test_a_transfer_counts_in_the_interval_in_which_it_was():
    told = [passing("2026-11-02 23:59:59"), passing("2026-11-03 00:00")]
    found = rows(made("agent", told, "2026-11-04", by="day"))
    assert [(row["from"].day, row["transfers"]) for row in found] == [(2, 1), (3, 1)]


def test_nobody_was_passed_on():
    report = made("pair", ())
    assert (report.rows, report.total) == ((), ())

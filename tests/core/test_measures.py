"""What a run came to, counted by hand."""

from __future__ import annotations

import pytest
from acd_playbook import card, queue

from cti.core.measures import DEFINITIONS, QueueMeasures, estimate, estimates, measure_queues, t_975
from cti.core.scenario import Attendance, Run, Scenario, Visit
from cti.core.words import Outcome, Presence

AB, ANS, OUT = Outcome.ABANDONED, Outcome.ANSWERED, Outcome.OVERFLOW


def seen(name: str, outcome: Outcome | None, wait: float, at: float = 0.0, offered: float | None = None) -> Visit:
    return Visit(call=name, queue="sales", joined=at, outcome=outcome, wait_seconds=wait, offered=offered)


VISITS = [
    seen("c1", ANS, 0, offered=0.0),
    seen("c2", ANS, 10, offered=8.0),
    seen("c3", ANS, 50, offered=45.0),
    seen("c4", AB, 5),
    seen("c5", OUT, 60),
]
SCENARIO = Scenario(queues=[queue(), queue("parts", (0, {"parts": 1}))], agents=[card("1001"), card("1002", parts=5)])
AGENTS = {
    "1001": Attendance(
        seconds={Presence.TALKING: 30.0, Presence.WRAP_UP: 10.0, Presence.READY: 40.0, Presence.PAUSED: 99}
    ),
    "1002": Attendance(seconds={Presence.TALKING: 10.0, Presence.RINGING: 10.0, Presence.OFFLINE: 60.0}),
}


def measured(**options) -> dict[str, QueueMeasures]:
    return measure_queues(Run(visits=VISITS, agents=AGENTS, seconds=80.0), SCENARIO, within_seconds=20.0, **options)


def test_shares_are_of_all_who_were_offered():
    sales = measured()["sales"]
    assert (sales.offered, sales.answered) == (5, 3)
    assert (sales.abandoned, sales.released, sales.service_level, sales.had_to_wait) == (0.2, 0.2, 0.4, 0.8)
    assert (sales.asa_seconds, sales.wait_seconds) == (20.0, 25.0)
    assert (sales.wait_p50, sales.wait_p90, sales.wait_p95) == (10, 60, 60)


def test_a_caller_who_waits_for_ever_is_offered_and_stranded():
    run = Run(visits=[*VISITS[:3], seen("c9", None, 80)], agents=AGENTS, seconds=80.0)
    sales = measure_queues(run, SCENARIO)["sales"]
    assert (sales.offered, sales.stranded, sales.released, sales.service_level) == (4, 0.25, 0.0, 0.5)


def test_occupancy_is_talk_and_wrap_up_of_the_time_at_work_of_those_who_serve_the_queue():
    assert measured()["sales"].occupancy == pytest.approx(50 / 100)
    assert measured()["parts"].occupancy == pytest.approx(10 / 20)


def test_a_queue_without_calls_has_no_shares():
    parts = measured()["parts"]
    assert (parts.offered, parts.service_level, parts.asa_seconds, parts.wait_p90) == (0, None, None, None)


def test_callers_of_the_warm_up_do_not_count():
    assert measured(warm_up_seconds=1.0)[""].offered == 0


def test_every_measure_has_its_definition():
    assert list(DEFINITIONS) == list(QueueMeasures.__dataclass_fields__)


def test_the_margin_is_students():
    found = estimate([1.0, 2.0, 3.0, None])
    assert found.mean == 2.0
    assert found.margin == pytest.approx(4.3027 / 3**0.5)
    assert estimate([5.0]).margin is None
    assert estimate([None]).mean is None
    assert estimates([measured()["sales"]] * 3)["asa_seconds"].margin == 0


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.7062), (9, 2.2622), (12, 2.1788), (13, 2.1604), (29, 2.0452), (1000, 1.9623)]
)
def test_quantiles_are_those_of_the_published_table(freedom, quantile):
    assert t_975(freedom) == pytest.approx(quantile, abs=2e-4)

"""The reports by name: what a line of each is, and which metrics stand in it.

It knows names and metrics; counting is the database's, the arithmetic is `core.metrics`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..core.metrics.beyond_agents import OF_AGENTS
from ..core.metrics.beyond_calls import OF_CALLS, OUTCOMES
from ..core.metrics.catalogue import METRICS
from ..core.metrics.definition import Definition

# Everybody who entered is in one of: answered, abandoned, sent_on, callback_requested, failed, still_waiting.
_TRAFFIC = (
    "entered",
    "answered",
    "abandoned",
    "short_abandoned",
    "sent_on",
    "callback_requested",
    "failed",
    "still_waiting",
    "called_back",
)
_SERVICE = (
    "service_level.offered",
    "service_level.offered_minus_short",
    "asa",
    "mean_wait",
    "abandon.offered",
    "abandon.without_short",
    "answer_rate.with_callback",
    "aht.live",
    "transfer.of_answered",
)


def _named(beginning: str, definitions: Iterable[Definition]) -> tuple[str, ...]:
    return tuple(one.name for one in definitions if one.name.startswith(beginning))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`line` is what one row is about: queue, agent, or "" (only the interval). `facts`: what its numbers are made
    of, by the names of tables (of presences: agent_times).

    `beyond`: its numbers that are no sums of counters; such a report has a maker of its own.
    """

    says: str
    says_zh: str
    line: str
    metrics: tuple[str, ...] = ()
    facts: tuple[str, ...] = ("visits",)
    beyond: tuple[str, ...] = ()


REPORTS: Mapping[str, Kind] = {
    "queue": Kind(
        says="each queue: who came, who was answered, how fast",
        says_zh="各队列：来电、接通、等待与服务水平",
        line="queue",
        metrics=(*_TRAFFIC, "closed", *_SERVICE),
    ),
    "interval": Kind(
        says="all queues together, interval by interval",
        says_zh="全部队列按时段汇总",
        line="",
        metrics=(*_TRAFFIC, *_SERVICE),
    ),
    "abandoned": Kind(
        says="who hung up, after how long; the rows are in --drill",
        says_zh="放弃来电及其等待时长",
        line="queue",
        metrics=(
            "entered",
            "abandoned",
            "short_abandoned",
            "abandon.offered",
            "abandon.without_short",
            "abandon.answered_plus_abandoned_without_short",
            "time_to_abandon.all",
            "time_to_abandon.without_short",
        ),
    ),
    "service-level": Kind(
        says="the same calls by every published definition of service level",
        says_zh="同一批来电在各种服务水平定义下的数值",
        line="queue",
        metrics=(
            "service_level.offered",
            "service_level.offered_minus_short",
            "service_level.offered_strict_threshold",
            "service_level.asterisk_perf",
            "service_level.asterisk_perf2",
            "service_level.wazo",
            "service_level.genesys_abandons_off",
            "service_level.genesys_short_on",
            "service_level.genesys_short_off",
            "service_level.genesys_flow_on_short_on",
            "service_level.genesys_flow_on_short_off",
            "service_level.cisco_ignore",
            "service_level.cisco_negative",
            "service_level.cisco_positive",
        ),
    ),
    "agent": Kind(
        says="each agent: calls, rings missed, time at work",
        says_zh="各座席：接听、漏接、在岗时间与占用率",
        line="agent",
        metrics=(
            "answered",
            "called_back",
            "taken_over",
            "aht.with_transfers",
            "transfer.of_handled",
            "offers",
            "offers_answered",
            "offers_missed",
            "offer_answer_rate",
            "mean_ring",
            "logged_in",
            "ready",
            "talking",
            "wrap_up",
            "paused",
            "paused_payable",
            "paused_billable",
            "occupancy",
            "utilisation",
        ),
        facts=("visits", "offers", "agent_times"),
    ),
    "repeat": Kind(
        says="who called again within so many days, and whose first call settled it",
        says_zh="重复来电与首次解决率",
        line="queue",
        facts=("conversations",),
        beyond=("contacts", "censored", "repeat_rate", "first_call_resolution"),
    ),
    "survey": Kind(
        says="what callers answered after the talk, question by question; each answer is in --drill",
        says_zh="通话后满意度调查：提问、回答率、平均分与分布",
        line="queue",
        facts=("surveys",),
        metrics=("survey_asked", "survey_answered", "survey.answer_rate", "survey.mean", "survey.top_two_box"),
    ),
    "recordings": Kind(
        says="what should be recorded against what is on disk; calls without a whole recording are in --drill",
        says_zh="录音覆盖：应录通话与实际录音",
        line="queue",
        facts=("conversations", "segments"),
        beyond=("recorded_share", "recording_states"),
    ),
    "wallboard": Kind(
        says="what the wallboard showed: callers in line, longest wait, agents by presence, at every moment",
        says_zh="大屏历史：等候人数、最长等候、各状态座席数",
        line="",
        facts=("visits", "offers", "agent_times"),
        beyond=("waiting", "longest_wait", "agents_by_presence"),
    ),
    "staffing": Kind(
        says="each interval's calls and agents beside what Erlang C and A need, and beside a simulation when asked",
        says_zh="人力测算：实际来电与座席，对照 Erlang C/A 与模拟",
        line="",
        facts=("visits", "agent_times", "conversations", "segments"),
        metrics=("entered", "aht.live", "service_level.offered", "abandon.offered"),
        beyond=("agents_there", "needed_erlang_c", "needed_erlang_a", "theory_beside", "simulated"),
    ),
    "expected-wait": Kind(
        says="what waiting callers were told of their wait, against what came",
        says_zh="预计等待播报的准确度",
        line="queue",
        facts=("visits", "announcements"),
        beyond=("wait_kept", "wait_error"),
    ),
    "adherence": Kind(
        says="agents' presence against what was planned for them (cti plan import)",
        says_zh="排班遵守情况",
        line="agent",
        facts=("agent_times",),
        beyond=("adherence", "conformance"),
    ),
    "outcome": Kind(
        says="how calls ended: exclusive outcomes and their shares",
        says_zh="来电结果分布（互斥，合计 100 %）",
        line="queue",
        facts=("visits", "conversations"),
        beyond=("outcome.calls", "outcome.share", *(f"outcome.{word}" for word, *_ in OUTCOMES)),
    ),
    "missed": Kind(
        says="rings that agents missed: who, why, when; time lost, callers met",
        says_zh="漏接振铃：座席、原因、时段，损失时长与受影响来电",
        line="agent",
        facts=("offers", "conversations"),
        beyond=_named("missed.", OF_AGENTS),
    ),
    "pauses": Kind(
        says="pauses of agents: how many, how long, over the maximum, paid, billable",
        says_zh="座席暂停：次数、时长、超时、计薪与可计费",
        line="agent",
        facts=("agent_times",),
        beyond=_named("pauses.", OF_AGENTS),
    ),
    "waits": Kind(
        says="how long callers waited, and what the service level would be at every T",
        says_zh="等待时长分布与分位数，以及不同 T 下的服务水平",
        line="queue",
        metrics=("service_level.offered", "service_level.offered_minus_short"),
        beyond=_named("waits.", OF_CALLS),
    ),
    "heatmap": Kind(
        says="weekday by hour: who came, how many were answered in time, how many hung up",
        says_zh="星期 × 小时热力图：进入、服务水平、放弃率",
        line="",
        metrics=("entered", "answered", "abandoned", "service_level.offered", "abandon.offered"),
        beyond=_named("heatmap.", OF_CALLS),
    ),
    "funnel": Kind(
        says="from the number through menus to queues: who came where, and where they were lost",
        says_zh="菜单漏斗：从被叫号码经菜单到队列，各处流失",
        line="",
        facts=("conversations", "segments"),
        beyond=_named("funnel.", OF_CALLS),
    ),
    "transfers": Kind(
        says="who passed callers on, to whom, how, and what became of it",
        says_zh="转接：谁转给谁、方式与结果",
        line="agent",
        facts=("conversations", "segments"),
        beyond=_named("transfers.", OF_CALLS),
    ),
}


def counters_of(name: str) -> frozenset[str]:
    """The counters that the metrics of a report are made of."""
    metrics = [METRICS[metric] for metric in REPORTS[name].metrics]
    return frozenset(counter for metric in metrics for _, counter in (*metric.top, *metric.bottom))

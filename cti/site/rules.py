"""Queues as the ACD knows them. It knows both vocabularies; it refuses to know anything else."""

from __future__ import annotations

from ..core.words import (
    SILENT,
    AnnounceRules,
    CallbackOrder,
    CallbackRules,
    Need,
    Outcome,
    PauseReason,
    QueueName,
    QueueRules,
    Ring,
    Skill,
)
from . import model


def rules_of(site: model.Site) -> list[QueueRules]:
    """The rules of every queue of the site, in the order written."""
    return [_rules(queue, site) for queue in site.queues.values()]


def windows_of(site: model.Site) -> dict[QueueName, tuple[int, float]]:
    """Which talks make an agent preferred, by queue: within so many days, at least so many seconds."""
    preferred = ((QueueName(queue.name), queue.preferred) for queue in site.queues.values())
    return {queue: (one.days, float(one.seconds)) for queue, one in preferred}


def reasons_of(site: model.Site) -> list[PauseReason]:
    """Why agents may pause, in the order written."""
    return [
        PauseReason(
            name=reason.name,
            billable=reason.billable,
            payable=reason.payable,
            max_seconds=float(reason.max_seconds),
        )
        for reason in site.pause_reasons.values()
    ]


def need_of(need: model.Need) -> Need:
    """A need as the core holds it: sorted by skill."""
    return tuple((Skill(skill), level) for skill, level in sorted(need.items()))


def priorities_of(site: model.Site) -> dict[QueueName, int]:
    """The priority that callers of each queue have."""
    return {QueueName(queue.name): queue.priority for queue in site.queues.values()}


def onward_of(site: model.Site) -> dict[tuple[QueueName, Outcome], QueueName]:
    """Where a queue sends whom it releases with an outcome, when that is another queue."""
    found = {}
    for queue in site.queues.values():
        ways = {
            Outcome.TIMEOUT: queue.overflow,
            Outcome.FULL: queue.full or queue.overflow,
            Outcome.OVERFLOW: queue.busy_ratio or queue.overflow,
            Outcome.CLOSED: queue.closed or queue.overflow,
        }
        for outcome, target in ways.items():
            if target.kind == "queue":
                found[QueueName(queue.name), outcome] = QueueName(target.name)
    return found


def _rules(queue: model.Queue, site: model.Site) -> QueueRules:
    return QueueRules(
        name=QueueName(queue.name),
        rings=tuple(Ring(after_seconds=float(step.after), need=need_of(step.need)) for step in queue.steps),
        order=queue.order,
        ring_seconds=float(queue.ring_seconds),
        wrap_up_mode=queue.wrap_up_mode,
        wrap_up_seconds=float(queue.wrap_up_seconds),
        max_wait_seconds=float(queue.max_wait_seconds),
        max_length=queue.max_length,
        max_ratio=queue.max_ratio,
        max_misses=queue.max_misses,
        prefer_wait_seconds=float(queue.preferred.wait_seconds),
        announce=_announce(queue.announce),
        exit_key=queue.exit_key.key if queue.exit_key else "",
        callback=_callback(queue.callback, site) if queue.callback else None,
    )


def _announce(announce: model.Announce | None) -> AnnounceRules:
    if announce is None:
        return SILENT
    return AnnounceRules(
        first_after_seconds=float(announce.first_after_seconds),
        every_seconds=float(announce.every_seconds),
        position=announce.position,
        wait=announce.wait,
        comfort=announce.comfort,
    )


def _callback(callback: model.Callback, site: model.Site) -> CallbackRules:
    return CallbackRules(
        offer_after_seconds=float(callback.offer_after_seconds),
        repeat_seconds=float(callback.repeat_seconds),
        key=callback.key,
        prompt=callback.prompt,
        order=CallbackOrder(callback.order),
        retries=callback.retries,
        gap_seconds=float(callback.gap_seconds),
        ring_seconds=float(callback.ring_seconds),
        window=site.schedules[callback.window] if callback.window else None,
    )

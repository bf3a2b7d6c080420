"""Queues as the ACD knows them."""

from __future__ import annotations

from cti.core.words import AnnounceRules, CallbackOrder, CallbackRules, QueueName, QueueRules, Ring, Skill
from cti.share import shared_folder
from cti.site.load import load_site
from cti.site.rules import rules_of


def test_the_demo_sales_queue_becomes_rules() -> None:
    site = load_site(shared_folder("dialplan") / "site.yaml")
    rules = rules_of(site)
    assert [rule.name for rule in rules] == ["sales", "service", "parts", "complaints", "rescue"]
    assert rules[0] == QueueRules(
        name=QueueName("sales"),
        rings=(
            Ring(after_seconds=0.0, need=((Skill("sales"), 70),)),
            Ring(after_seconds=20.0, need=((Skill("sales"), 30),)),
            Ring(after_seconds=45.0, need=((Skill("sales"), 1),)),
        ),
        order="best_skill",
        ring_seconds=15.0,
        wrap_up_seconds=30.0,
        max_wait_seconds=180.0,
        max_misses=2,
        max_length=20,
        prefer_wait_seconds=30.0,
        max_ratio=5.0,
        announce=AnnounceRules(
            first_after_seconds=20.0, every_seconds=45.0, position=5, wait=True, comfort=("stay_on_line",)
        ),
        exit_key="*",
        callback=CallbackRules(
            offer_after_seconds=45.0,
            repeat_seconds=60.0,
            key="1",
            prompt="callback_offer_1",
            order=CallbackOrder.AGENT_FIRST,
            retries=2,
            gap_seconds=300.0,
            ring_seconds=30.0,
            window=site.schedules["office"],
        ),
    )
    assert [rule.callback for rule in rules[1:]] == [None] * 4

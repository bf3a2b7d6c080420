"""Queues as the ACD knows them."""

from __future__ import annotations

from cti.core.words import AnnounceRules, QueueName, QueueRules, Ring, Skill
from cti.share import shared_folder
from cti.site.load import load_site
from cti.site.rules import rules_of


def test_the_demo_sales_queue_becomes_rules() -> None:
    rules = rules_of(load_site(shared_folder("dialplan") / "site.yaml"))
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
    )

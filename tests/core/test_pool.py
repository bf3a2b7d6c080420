"""Pools say who meets a need, without asking every agent."""

from acd_playbook import NOON, card

from cti.core.agent import Agent
from cti.core.pool import SPARE_POOLS, Pools
from cti.core.words import Presence


def agent(name, presence=Presence.READY, **skills):
    return Agent(card=card(name, **skills), since=NOON, idle_since=NOON, presence=presence)


def test_a_new_pool_knows_the_agents_there_are():
    agents = {"1": agent("1", sales=5), "2": agent("2", Presence.PAUSED, sales=5), "3": agent("3")}
    agents["4"] = agent("4", Presence.TALKING, sales=9)
    pool = Pools(agents).take((("sales", 5),))
    assert (pool.here, pool.serving, pool.ready) == ({"1", "2", "4"}, {"1", "4"}, {"1"})


def test_a_pool_tells_when_its_last_agent_goes():
    agents = {"1": agent("1", sales=5), "2": agent("2", sales=5)}
    pools = Pools(agents)
    pool = pools.take((("sales", 5),))
    agents["1"].presence = Presence.OFFLINE
    assert pools.note(agents["1"]) == []
    agents["2"].card = card("2")
    assert pools.learn(agents["2"]) == [pool]
    assert (pool.able, pool.here, pool.ready) == ({"1"}, set(), set())
    pools.forget(agents["1"])
    assert pool.able == set()


def test_the_same_need_shares_a_pool_and_spare_pools_are_bounded():
    pools = Pools({})
    kept = pools.take(())
    assert pools.take(()) is kept
    for number in range(1000):
        pools.drop(pools.take(((f"s{number}", 1),)))
    assert len(pools) <= SPARE_POOLS + 1
    assert pools.take(()) is kept

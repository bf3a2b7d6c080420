"""Simulated phones call each other through real SIPp: every behaviour, and nothing left behind."""

import asyncio
import os
import select
import signal
import subprocess
import sys

import pytest

from cti.errors import UsageError
from cti.pbx.find import Tool
from cti.phones import Behaviour, Customer, Load, PhoneError, Phones, read_times

HERE = "127.0.0.1"


def customer(user, **how):
    return Customer(did=user, **how)


async def ring(phones, behaviour, **how):
    """One agent 1001 that behaves so, called by one customer."""
    agents = await phones.agents({"1001": behaviour})
    return await phones.call(customer("1001", **how), server=(HERE, agents.port))


async def test_a_customer_talks_as_long_as_told_and_hangs_up(phones):
    call = await ring(phones, Behaviour(answer_after=0.2), talk_seconds=0.4, from_number="+8613900000001")
    rang = await phones.next("invite", agent="1001")
    result = await call.done()
    assert (result.outcome, result.hung_up_by, rang.number) == ("completed", "customer", "+8613900000001")
    assert result.wait_seconds >= 0.2
    assert result.talk_seconds >= 0.4


async def test_an_agent_hangs_up_after_its_talk(phones):
    call = await ring(phones, Behaviour(answer_after=0, talk_seconds=0.3))
    result = await call.done()
    assert (result.outcome, result.hung_up_by) == ("completed", "far_side")
    assert (await phones.next("bye", agent="1001")).by_phone


async def test_a_customer_gives_up_while_it_rings(phones):
    call = await ring(phones, Behaviour(answer_after=None), abandon_after=0.3)
    result = await call.done()
    assert (result.outcome, result.hung_up_by, result.code) == ("abandoned", "customer", 487)
    assert not (await phones.next("cancel", agent="1001")).by_phone


@pytest.mark.parametrize("code", [480, 486, 603])
async def test_an_agent_refuses(phones, code):
    call = await ring(phones, Behaviour(answer_after=0.1, refuse=code))
    result = await call.done()
    assert (result.outcome, result.code) == ("refused", code)


async def test_one_process_is_many_agents_and_nobody_else(phones):
    agents = await phones.agents({"1001": Behaviour(refuse=486, answer_after=0), "1002": Behaviour(answer_after=0)})
    server = (HERE, agents.port)
    users = ["1001", "1002", "1003"]
    calls = [await phones.call(customer(user, talk_seconds=0.1), server=server) for user in users]
    results = await asyncio.gather(*(call.done() for call in calls))
    assert [(r.outcome, r.code) for r in results] == [("refused", 486), ("completed", 0), ("refused", 404)]


async def test_a_ringing_phone_answers_holds_and_hangs_up_when_told(phones):
    call = await ring(phones, Behaviour(answer_after=None))
    leg = await phones.next("ringing", agent="1001")
    await phones.answer(leg)
    await call.next("answered")
    await phones.hold(leg)
    assert (await call.next("changed")).detail == "sendonly"
    await phones.hold(leg, False)
    assert (await call.next("changed")).detail == "sendrecv"
    await phones.hang_up(leg)
    result = await call.done()
    assert (result.outcome, result.hung_up_by) == ("completed", "far_side")


async def test_a_customer_hangs_up_when_told_before_and_after_the_answer(phones):
    call = await ring(phones, Behaviour(answer_after=None))
    await call.next("ringing")
    await call.hang_up()
    assert (await call.done()).outcome == "abandoned"
    other = await phones.agents({"1002": Behaviour(answer_after=0)})
    call = await phones.call(customer("1002"), server=(HERE, other.port))
    await call.next("answered")
    await call.hang_up()
    result = await call.done()
    assert (result.outcome, result.hung_up_by) == ("completed", "customer")


async def test_digits_are_sent_when_they_should_be_and_when_told(phones):
    call = await ring(phones, Behaviour(answer_after=0), digits=[(0.2, "1"), (0.4, "#")])
    await call.next("digit")
    await call.next("digit")
    await call.press("9")
    await call.hang_up()
    result = await call.done()
    assert [digit for _, digit in result.digits] == ["1", "#", "9"]
    after = [(at - result.answered).total_seconds() for at, _ in result.digits]
    assert 0.1 < after[0] < after[1]
    with pytest.raises(UsageError):
        await call.press("1\r\nX: y")


async def test_an_interruption_neither_cuts_the_talk_short_nor_makes_it_endless(phones):
    call = await ring(phones, Behaviour(answer_after=0), talk_seconds=8.0)  # or it ends while this process is not run
    leg = await phones.next("answered", agent="1001")
    await phones.hold(leg)
    await phones.hold(leg, False)
    result = await call.done()
    assert result.talk_seconds >= 8.0
    assert result.hung_up_by == "customer"


async def test_a_hostile_caller_arrives_as_it_was_written(phones):
    number = "1001\nagi_arg_1: admin\n\n200 result=1 [local_ip] ]]> <&\"'"
    call = await ring(
        phones,
        Behaviour(answer_after=0),
        from_number=number,
        display_name='x "y" [pid] ]]> 李;a=b',
        headers={"Diversion": "<sip:[call_id]@x>;a=]]>"},
        talk_seconds=0.1,
    )
    rang = await phones.next("invite", agent="1001")
    assert (rang.number, rang.name) == (number, 'x "y" [pid] ]]> 李;a=b')
    assert rang.headers["diversion"] == "<sip:[call_id]@x>;a=]]>"
    assert (await call.done()).outcome == "completed"


async def test_nobody_at_the_other_end_is_a_result_and_not_a_crash(phones):
    from cti.phones.phone_ports import free_port

    call = await phones.call(customer("1001", abandon_after=60), server=(HERE, free_port(HERE)))
    assert call.result().outcome == "lost"
    assert call.result().answered is None


async def test_waiting_in_vain_says_what_happened_instead(phones):
    call = await ring(phones, Behaviour(answer_after=0), talk_seconds=0.1)
    await call.done()
    with pytest.raises(PhoneError, match=r"no cancel of agent 1001 in 0.1 s; .*answered"):
        await phones.next("cancel", agent="1001", timeout=0.1)


async def test_each_event_is_given_to_one_waiter_only_but_shown_to_every_reader(phones):
    agents = await phones.agents({"1001": Behaviour(answer_after=0)})
    for number in ("111", "222"):
        call = await phones.call(customer("1001", from_number=number, talk_seconds=0), server=(HERE, agents.port))
        await call.done()
    rings = [await phones.next("invite", agent="1001") for _ in range(2)]
    assert [event.number for event in rings] == ["111", "222"]
    shown = []
    async for event in phones.events():
        shown.append(event)
        if len(shown) == len(phones.happened):
            break
    assert shown == list(phones.happened)


async def test_many_customers_and_agents_at_once(phones):
    names = [str(1001 + n) for n in range(5)]
    agents = await phones.agents({name: Behaviour(answer_after=0.1, sound=900.0) for name in names})
    wanted = [customer(names[n % 5], from_number=f"139{n:04d}", talk_seconds=0.5) for n in range(10)]
    calls = await asyncio.gather(*(phones.call(one, server=(HERE, agents.port)) for one in wanted))
    results = await asyncio.gather(*(call.done() for call in calls))
    assert [result.outcome for result in results] == ["completed"] * 10
    assert {event.number for event in phones.happened if event.agent and event.kind == "invite"} == {
        one.from_number for one in wanted
    }


async def test_a_load_counts_its_calls_and_both_sides_log_their_times(phones):
    agents = await phones.agents({"1001": Behaviour(answer_after=0, media="none")}, light=True)
    numbers = [f"139{n:03d}" for n in range(20)]
    run = await phones.load(
        Load(did="1001", rate=50, calls=20, numbers=numbers, talk_seconds=0.2), server=(HERE, agents.port)
    )
    result = await run.done()
    assert (result.calls, result.succeeded, result.failed, result.answered) == (20, 20, 0, 20)
    sent = {time.number: time.epoch for time in result.times if time.kind == "invite"}
    rang = [time for time in read_times(agents.folder / f"{agents.name}.log") if time.kind == "invite"]
    assert sorted(sent) == numbers
    assert {time.agent for time in rang} == {"1001"}
    assert all(abs(time.epoch - sent[time.number]) < 60 for time in rang), "both by the same clock"


async def test_a_sipp_that_cannot_run_says_why(phones, tmp_path):
    taken = await phones.agents({"1001": Behaviour()})
    with pytest.raises(PhoneError, match="in use"):
        await phones.agents({"1002": Behaviour()}, port=taken.port)

    async with Phones(Tool(argv=(str(tmp_path / "no-such-sipp"),)), tmp_path / "other") as other:
        with pytest.raises(PhoneError, match="cannot run"):
            await other.agents({"1001": Behaviour()})


async def test_no_process_survives_an_error_and_calls_are_hung_up(sipp, tmp_path, monkeypatch):
    monkeypatch.setattr("cti.phones.phones._LEAVING", 60.0)
    phones = Phones(sipp, tmp_path)
    pids = []

    async def broken():
        async with phones:
            agents = await phones.agents({"1001": Behaviour(answer_after=0)})
            call = await phones.call(customer("1001"), server=(HERE, agents.port))
            await call.next("answered")
            pids.extend((agents.pid, call.pid))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await broken()
    assert len(pids) == 2
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert any(event.kind == "bye" for event in phones.happened)


PARENT = """
import asyncio, os, signal, sys
from pathlib import Path
from cti.phones import Behaviour, Phones

class Sipp:
    argv, env = sys.argv[2:], {}

async def main():
    async with Phones(Sipp(), Path(sys.argv[1])) as phones:
        agents = await phones.agents({"1001": Behaviour()})
        print(agents.pid, flush=True)
        sys.stdin.read()

asyncio.run(main())
"""


def test_phones_die_with_their_parent(sipp, tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path), *sipp.argv], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        child = os.pidfd_open(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
    ended, _, _ = select.select([child], [], [], 60)
    os.close(child)
    assert ended

"""Trunks and numbers outside on a real Asterisk: log in at a provider, the next trunk when one fails, press 1 to take.

The provider is a second Asterisk of ours, whose registrar and challenges are real ones; our engine is not even started.
"""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio
from scene import ask_asterisk, caller, until

from cti.pbx import Installation
from cti.phones import Behaviour, Call, Customer, PhoneEvent, tone, write_wav
from cti.phones.phone_ports import free_port
from cti.stage import Stage

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

HEAD = """
site: {name: "Test house", timezone: Asia/Shanghai, country: CN, languages: [en]}
prompts: {choose: {file: choose.wav}}
"""
CUSTOM = "[admins-own]\nexten => s,1,Hangup()\n"
ACCOUNT, PASSWORD, LANDLINE = "20010", "of-the-trunk", "30010"
BROKEN, DECLINED, UNKNOWN, FINE = "13800000503", "13800000603", "13800000404", "13800138000"
SITE = (
    HEAD
    + f"""
trunks:
  first: {{host: "127.0.0.4:FIRST", match: ["127.0.0.4"], caller_id: "40011"}}
  second: {{host: "127.0.0.5:SECOND", match: ["127.0.0.5"]}}
  account:
    host: "127.0.0.1:PROVIDER"
    caller_id: "{ACCOUNT}"
    register: {{user: "{ACCOUNT}", secret: {{file: provider.secret}}}}
  wrong: {{host: "127.0.0.1:PROVIDER", register: {{user: "{ACCOUNT}"}}}}
outbound: {{trunks: [first, second], caller_id: "40010"}}
numbers:
  "{ACCOUNT}": {{to: "external:mobile"}}
  "40020": {{to: "external:mobile"}}
  "40021": {{to: "external:plain"}}
  "40022": {{to: "external:abroad"}}
externals:
  mobile: {{number: "{FINE}", confirm: true, confirm_prompt: choose, otherwise: "external:colleague"}}
  colleague: {{number: "{LANDLINE}", trunk: account, ring_seconds: 8}}
  plain: {{number: "{BROKEN}", caller_id: caller, ring_seconds: 5, otherwise: "external:colleague"}}
  abroad: {{number: "{UNKNOWN}", otherwise: "external:colleague"}}
"""
)


class House(NamedTuple):
    ours: Stage
    provider: Stage
    asterisk: Installation


async def hire(stage: Stage, agents: list[dict[str, str]]) -> None:
    table = stage.home / "var" / "agents.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["number", "name", "phone", "skills", "contact", "secret"])
        writer.writeheader()
        writer.writerows({"name": f"Agent {one['number']}", "phone": f"PJSIP/{one['number']}"} | one for one in agents)
    await stage.cti("agent", "import", str(table))


async def up(stage: Stage) -> None:
    write_wav(stage.home / "choose.wav", tone(600, 0.2))
    await stage.cti("dialplan", "apply")
    await stage.cti("pbx", "up")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(asterisk: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder: Path = tmp_path_factory.mktemp("trunks")
    async with Stage(folder / "provider", say=print) as provider, Stage(folder / "home", say=print) as ours:
        port = free_port("127.0.0.1")
        await provider.prepare(site=HEAD)
        desk = {"number": LANDLINE, "contact": f"sip:{LANDLINE}@127.0.0.1:{port}"}
        await hire(provider, [{"number": ACCOUNT, "secret": PASSWORD}, desk])
        await provider.people({LANDLINE: Behaviour(answer_after=0.2, media="one_packet")}, port=port)
        await up(provider)
        first, second = free_port("127.0.0.4"), free_port("127.0.0.5")
        ports = {"FIRST": first, "SECOND": second, "PROVIDER": provider.config.sip_port}
        text = SITE
        for name, number in ports.items():
            text = text.replace(name, str(number))
        await ours.prepare(site=text)
        await hire(ours, [{"number": "1001", "contact": "sip:1001@127.0.0.1:9"}])
        (ours.home / "provider.secret").write_text(PASSWORD + "\n")
        (ours.home / "provider.secret").chmod(0o600)
        with (ours.home / "secrets.toml").open("a") as file:
            file.write('[trunks]\nwrong = "not the password"\n')
        phones = await ours.people({})
        refusing = {BROKEN: 503, DECLINED: 603}
        answering = {FINE: Behaviour(answer_after=0.2, media="one_packet")}
        behaviours = {number: Behaviour(answer_after=0.1, refuse=code) for number, code in refusing.items()}
        await phones.agents(answering | behaviours, address="127.0.0.4", port=first)
        takes = dict.fromkeys([BROKEN, DECLINED, UNKNOWN, FINE], answering[FINE])
        await phones.agents(takes, address="127.0.0.5", port=second)
        await ours.cti("dialplan", "templates", "--copy", "extensions.conf.j2")
        with (ours.home / "dialplan" / "extensions.conf.j2").open("a") as file:
            file.write('\n#include "extensions_custom.conf"\n')
        ours.config.etc.mkdir(parents=True)
        (ours.config.etc / "extensions_custom.conf").write_text(CUSTOM)
        await up(ours)
        yield House(ours, provider, asterisk)


async def agent_dials(house: House, number: str) -> Call:
    server = (house.ours.config.sip_bind, house.ours.config.sip_port)
    customer = Customer(did=number, from_number="1001", media="one_packet")
    return await house.ours.phones.call(customer, server=server, local="127.0.0.1")


async def calls_in(house: House, did: str, number: str = "13900000001") -> Call:
    server = (house.ours.config.sip_bind, house.ours.config.sip_port)
    return await house.ours.phones.call(caller(did, number), server=server, local="127.0.0.4")


async def rings(stage: Stage, callee: str) -> PhoneEvent:
    return await stage.phones.next("invite", agent=callee)


async def answered(stage: Stage, ring: PhoneEvent) -> PhoneEvent:
    return await stage.phones.next("answered", phone=ring.phone, call_id=ring.call_id)


async def registered(house: House, trunk: str) -> str:
    lines = (await ask_asterisk(house.ours, house.asterisk, "pjsip show registrations")).splitlines()
    return next((line for line in lines if line.strip().startswith(f"{trunk}/")), "")


async def test_a_trunk_logs_in_at_its_provider_and_one_with_a_wrong_password_does_not(house: House) -> None:
    async def look() -> bool:
        return "Registered" in await registered(house, "account") and "Rejected" in await registered(house, "wrong")

    await until("one is registered, one is rejected", look)
    contacts = await ask_asterisk(house.provider, house.asterisk, "pjsip show contacts")
    assert f"sip:{ACCOUNT}@127.0.0.1:{house.ours.config.sip_port}" in contacts


async def test_passwords_are_only_in_the_file_that_nobody_else_may_read(house: House) -> None:
    etc = house.ours.config.etc
    holding = [file for file in etc.iterdir() if file.is_file() and PASSWORD in file.read_text()]
    assert [(file.name, file.stat().st_mode & 0o777) for file in holding] == [("pjsip.conf", 0o600)]


async def test_a_file_that_the_admins_own_template_includes_is_read_and_left_alone(house: House) -> None:
    await house.ours.cti("dialplan", "apply")
    assert (house.ours.config.etc / "extensions_custom.conf").read_text() == CUSTOM
    assert "admins-own" in await ask_asterisk(house.ours, house.asterisk, "dialplan show admins-own")


async def test_the_provider_sends_a_call_and_a_challenged_call_goes_back_to_it(house: House) -> None:
    """In by the registration (no address is known of it), out to the colleague with a digest."""
    server = (house.provider.config.sip_bind, house.provider.config.sip_port)
    customer = Customer(did=ACCOUNT, from_number=LANDLINE, media="one_packet")
    call = await house.provider.phones.call(customer, server=server, local="127.0.0.1")
    ring = await rings(house.ours, FINE)
    assert (ring.number, ring.phone) == ("40011", "agents-1")
    leg = await answered(house.ours, ring)
    await house.ours.phones.hang_up(leg)  # before 1 was pressed: the caller is not lost
    onward = await rings(house.provider, LANDLINE)
    assert onward.number == ACCOUNT
    await house.provider.phones.hang_up(await answered(house.provider, onward))
    assert (await call.done()).outcome == "completed"


async def test_the_next_trunk_takes_what_the_first_one_cannot(house: House) -> None:
    call = await agent_dials(house, BROKEN)
    first, second = await rings(house.ours, BROKEN), await rings(house.ours, BROKEN)
    assert [(first.phone, first.number), (second.phone, second.number)] == [
        ("agents-1", "40011"),
        ("agents-2", "40010"),
    ]
    await house.ours.phones.hang_up(await answered(house.ours, second))
    assert (await call.done()).outcome == "completed"


@pytest.mark.parametrize("number", [DECLINED, UNKNOWN])
async def test_who_declined_or_does_not_exist_is_not_dialled_by_the_next_trunk(house: House, number: str) -> None:
    call = await agent_dials(house, number)
    assert (await rings(house.ours, number)).phone == "agents-1"
    assert (await call.done()).outcome == "refused"
    assert not [event for event in house.ours.phones.happened if (event.agent, event.phone) == (number, "agents-2")]


async def test_a_mobile_that_presses_1_has_the_call(house: House) -> None:
    call = await calls_in(house, "40020")
    leg = await answered(house.ours, await rings(house.ours, FINE))
    await house.ours.phones.press(leg, "5")
    await house.ours.phones.press(leg, "1")

    async def look() -> bool:
        return "2" in (await ask_asterisk(house.ours, house.asterisk, "bridge show all")).split()

    await until("caller and mobile talk", look)
    await house.ours.phones.hang_up(leg)
    assert (await call.done()).hung_up_by == "far_side"
    assert not [event for event in house.provider.phones.happened if event.number == "20010" and event.at > leg.at]


async def test_a_mailbox_that_answers_never_has_the_customer(house: House) -> None:
    call = await calls_in(house, "40020")
    leg = await answered(house.ours, await rings(house.ours, FINE))
    onward = await rings(house.provider, LANDLINE)
    bye = await house.ours.phones.next("bye", phone=leg.phone, call_id=leg.call_id)
    assert bye.by_phone is False
    await house.provider.phones.hang_up(await answered(house.provider, onward))
    await call.done()


async def test_the_callers_own_number_is_shown_where_the_site_says_so(house: House) -> None:
    call = await calls_in(house, "40021", "13900000002")
    first, second = await rings(house.ours, BROKEN), await rings(house.ours, BROKEN)
    assert {first.number, second.number} == {"13900000002"}
    await house.ours.phones.hang_up(await answered(house.ours, second))
    assert (await call.done()).outcome == "completed"


async def test_nobody_there_leads_to_otherwise_with_our_number_even_for_a_withheld_one(house: House) -> None:
    call = await calls_in(house, "40022", "anonymous")
    assert (await rings(house.ours, UNKNOWN)).number == "40011"
    onward = await rings(house.provider, LANDLINE)
    assert onward.number == ACCOUNT
    await house.provider.phones.hang_up(await answered(house.provider, onward))
    assert (await call.done()).outcome == "completed"

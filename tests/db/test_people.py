"""Agents, customers and tokens as rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cti.db.agent_csv import parse_agents, parse_skills
from cti.db.people import Agent, People
from cti.errors import NotFound, Refused, UsageError

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)
LI = Agent(number="1001", name="李雷", phone="PJSIP/1001", phone_secret="s3cret-s3cret", skills={"sales": 50})


@pytest.fixture
def people(store) -> People:
    return People(store.database)


async def test_an_agent_is_kept_with_skills_and_shown_without_the_secret(people):
    await people.save_agents([LI])
    found = await people.agent("1001")
    assert found == LI
    assert "s3cret" not in repr(found)
    assert found.card().skills == {"sales": 50}


async def test_an_agent_is_not_added_twice(people):
    await people.save_agents([LI], new_only=True)
    with pytest.raises(Refused, match="1001"):
        await people.save_agents([replace(LI, number="1002"), LI], new_only=True)
    assert [agent.number for agent in await people.agents()] == ["1001"]


async def test_agents_are_staffed_all_or_none(people):
    await people.save_agents([LI])
    kim = Agent(number="1002", name="Kim", phone="PJSIP/1002")
    with pytest.raises(NotFound):
        await people.staff([kim], ["1001", "1009"])
    with pytest.raises(Refused, match="1001 and 1002"):
        await people.staff([replace(kim, phone="PJSIP/1001")])
    assert await people.agents() == [LI]
    await people.staff([replace(kim, phone="PJSIP/1001")], ["1001"])
    assert [agent.number for agent in await people.agents()] == ["1002"]


async def test_a_removed_agent_takes_skills_and_tokens_along(people):
    await people.save_agents([LI])
    token = await people.create_token("agent", "1001", now=NOW)
    await people.staff([], ["1001"])
    assert await people.verify_token(token, now=NOW) is None
    with pytest.raises(NotFound):
        await people.staff([], ["1001"])
    await people.save_agents([replace(LI, skills={})])
    assert (await people.agent("1001")).skills == {}


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": "10;01"},
        {"number": "１００１"},
        {"name": ""},
        {"name": "a\nb"},
        {"phone": "Local/x@from-internal/n"},
        {"phone": "PJSIP/../x"},
        {"phone_secret": "short"},
        {"phone_secret": "with\nnewline1"},
        {"phone_contact": "sip:x@y\r\nz"},
        {"language": "zh; id"},
        {"wrap_up_seconds": -1.0},
        {"skills": {"sales": 0}},
        {"skills": {"Sales": 5}},
    ],
)
async def test_what_could_hurt_asterisks_files_is_refused(people, wrong):
    with pytest.raises(UsageError):
        await people.save_agents([replace(LI, **wrong)])
    assert await people.agents() == []


async def test_a_token_works_until_it_expires_or_is_revoked(people):
    await people.save_agents([LI])
    token = await people.create_token("agent", "1001", now=NOW, lifetime=timedelta(days=1))
    assert await people.verify_token(token, now=NOW) == ("agent", "1001")
    assert await people.verify_token(token, now=NOW + timedelta(days=1)) is None
    boss = await people.create_token("supervisor", "wang", now=NOW)
    assert await people.verify_token(boss, now=NOW + timedelta(days=9999)) == ("supervisor", "wang")
    (shown,) = [row for row in await people.tokens() if row["role"] == "supervisor"]
    await people.revoke_token(shown["id"], now=NOW)
    assert await people.verify_token(boss, now=NOW) is None
    with pytest.raises(NotFound):
        await people.revoke_token(shown["id"], now=NOW)


async def test_no_token_is_kept(people, store):
    token = await people.create_token("supervisor", "wang", now=NOW)
    assert token not in str(await people.tokens())
    async with store.database.reading() as connection:
        assert token not in str((await connection.exec_driver_sql("SELECT * FROM tokens")).all())


@pytest.mark.parametrize("token", ["", "x", "\ud800", "' OR 1=1 --", "x" * 100_000])
async def test_a_foreign_token_is_nobody(people, token):
    await people.create_token("supervisor", "wang", now=NOW)
    assert await people.verify_token(token, now=NOW) is None


async def test_a_token_for_nobody_is_not_made(people):
    with pytest.raises(NotFound):
        await people.create_token("agent", "1001", now=NOW)


def test_agents_are_read_from_csv():
    header = "\ufeffnumber,name,phone,skills,secret\n"
    text = header + "1001,李雷,PJSIP/1001,sales=50;engine=70,longenough\n1002,Kim,PJSIP/1002,,\n"
    one, two = parse_agents(text)
    assert (one.skills, one.phone_secret, two.skills) == ({"sales": 50, "engine": 70}, "longenough", {})


def test_every_mistake_of_a_csv_is_told_at_once_with_its_line():
    rows = ("1001,Li,PJSIP/1001,sales=500", "1001,Li,Console/dsp,x", "=cmd|' /C',Eve,PJSIP/3,", "1001,A,PJSIP/1,")
    text = "\n".join(("number,name,phone,skills", *rows))
    with pytest.raises(UsageError) as told:
        parse_agents(text, "a.csv")
    lines = str(told.value).splitlines()
    assert [line.split(" ")[0] for line in lines] == ["a.csv:2:", "a.csv:3:", "a.csv:4:", "a.csv:5:"]
    assert "already in line 2" in lines[3]


@pytest.mark.parametrize(
    "text",
    ["", "a,b\n", "number,name,phone\n", 'number,name,phone,skills\n1,"x', "number,name,phone,skills\n1,2,3,4,5\n"],
)
def test_a_file_that_is_no_such_csv_is_refused(text):
    with pytest.raises(UsageError):
        parse_agents(text)


@pytest.mark.parametrize("text", ["sales", "sales=x", "sales=٥", "sales=1;sales=2", "sales=1000"])
def test_strange_skills_are_refused(text):
    with pytest.raises(ValueError, match="skill"):
        parse_skills(text)

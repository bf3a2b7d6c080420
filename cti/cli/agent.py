"""`cti agent`: who the agents are, what they can do, and what they are doing.

People are rows; a running engine is told of each change at once (SIGHUP), Asterisk learns of phones by `cti dialplan
apply`. Presence belongs to the running engine alone: login, pause and so on go through its API.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from ..config import load_config
from ..db.agent_csv import parse_agents, parse_skills
from ..db.people import Agent, People
from ..db.store import Store
from ..errors import UsageError
from .api import ask
from .rows import as_json, print_json, print_table, seen, with_store
from .serve import tell_engine

_SECRETS = ("phone_secret",)


@click.group()
def agent() -> None:
    """Agents: who they are, what they can do, what they are doing."""


@agent.command("add")
@click.argument("number")
@click.argument("name")
@click.option("--phone", default="", help="What rings; default: PJSIP/NUMBER.")
@click.option("--skills", default="", help="For example: sales=50;language_en=80")
@click.option("--secret", default="", help="The phone's SIP password; default: a new random one.")
@click.option("--contact", default="", help="A fixed SIP contact instead of a registration.")
@click.option("--language", default="")
@click.option("--wrap-up", "wrap_up", type=float, default=None, help="Seconds after a talk; default: the queue's.")
@click.pass_obj
def add(home: Path, /, number: str, name: str, phone: str, skills: str, secret: str, contact: str, **rest: Any) -> None:
    """Add an agent."""
    new = Agent(
        number=number,
        name=name,
        phone=phone or f"PJSIP/{number}",
        phone_secret=secret or ("" if contact else new_secret()),
        phone_contact=contact,
        language=rest["language"],
        wrap_up_seconds=rest["wrap_up"],
        skills=_skills(skills),
    )
    with_store(home, lambda store: People(store.database).save_agents([new], new_only=True))
    click.echo(f"added {seen(number)} {seen(name)}")
    _changed(home, phones=True)


def new_secret() -> str:
    """A SIP password for a phone: 120 random bits."""
    return secrets.token_hex(15)


def _changed(home: Path, *, phones: bool) -> None:
    tell_engine(load_config(home))
    if phones:
        click.echo("next: cti dialplan apply, so that Asterisk knows the phones; passwords: cti agent show N --secret")


def _skills(text: str) -> dict[str, int]:
    try:
        return parse_skills(text)
    except ValueError as error:
        raise UsageError(str(error)) from error


@agent.command("list")
@as_json
@click.pass_obj
def list_agents(home: Path, as_json: bool) -> None:
    """List agents (never their secrets)."""
    agents = with_store(home, lambda store: People(store.database).agents())
    if as_json:
        print_json([_shown(one) for one in agents])
        return
    rows = [(one.number, one.name, one.phone, _skill_text(one), one.language) for one in agents]
    print_table(("number", "name", "phone", "skills", "language"), rows, none="no agents; add one with: cti agent add")


def _shown(one: Agent) -> dict[str, Any]:
    return {name: value for name, value in asdict(one).items() if name not in _SECRETS}


def _skill_text(one: Agent) -> str:
    return " ".join(f"{skill}={level}" for skill, level in sorted(one.skills.items()))


@agent.command("show")
@click.argument("number")
@click.option("--secret", "with_secret", is_flag=True, help="Print only the phone's SIP password.")
@as_json
@click.pass_obj
def show(home: Path, number: str, with_secret: bool, as_json: bool) -> None:
    """Show one agent."""
    found = with_store(home, lambda store: People(store.database).agent(number))
    if with_secret:
        click.echo(found.phone_secret)
        return
    if as_json:
        print_json(_shown(found))
        return
    for name, value in (_shown(found) | {"skills": _skill_text(found)}).items():
        click.echo(f"{name:<16} {seen('' if value is None else value)}")


@agent.command("remove")
@click.argument("number")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.pass_obj
def remove(home: Path, number: str, dry_run: bool) -> None:
    """Remove an agent and its tokens; history keeps the number."""

    async def go(store: Store) -> Agent:
        found = await People(store.database).agent(number)
        if not dry_run:
            await People(store.database).remove_agent(number)
        return found

    found = with_store(home, go)
    click.echo(f"{'would remove' if dry_run else 'removed'} {found.number} {seen(found.name)}")
    if not dry_run:
        _changed(home, phones=True)


@agent.command("skill")
@click.argument("number")
@click.argument("skill")
@click.argument("level", type=click.IntRange(0, 100))
@click.pass_obj
def skill(home: Path, number: str, skill: str, level: int) -> None:
    """Set an agent's level (1 to 100) of a skill; 0 takes it away."""
    with_store(home, lambda store: People(store.database).set_skill(number, skill, level))
    click.echo(f"{seen(number)}: {seen(skill)} {'taken away' if level == 0 else f'= {level}'}")
    _changed(home, phones=False)


@agent.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check the file and change nothing.")
@click.pass_obj
def import_agents(home: Path, file: Path, dry_run: bool) -> None:
    """Add or replace agents from CSV: number,name,phone,skills[,secret][,contact][,language]."""
    try:
        agents = parse_agents(file.read_text(encoding="utf-8-sig"), file.name)
    except UnicodeDecodeError as error:
        raise UsageError(f"{file.name} is not UTF-8; save it as CSV UTF-8") from error
    except UsageError as error:
        mistakes = str(error).splitlines()
        for mistake in mistakes:
            click.echo(seen(mistake), err=True)
        raise UsageError(f"{len(mistakes)} mistake(s) in {seen(file.name)}; nothing was imported") from error
    if not dry_run:
        with_store(home, lambda store: _save(People(store.database), agents))
    click.echo(f"{'would import' if dry_run else 'imported'} {len(agents)} agents")
    if not dry_run:
        _changed(home, phones=True)


async def _save(people: People, agents: list[Agent]) -> None:
    """A phone that registers keeps the password it has, or gets a new one."""
    known = {one.number: one.phone_secret for one in await people.agents()}
    made = [
        one
        if one.phone_secret or one.phone_contact
        else replace(one, phone_secret=known.get(one.number) or new_secret())
        for one in agents
    ]
    await people.save_agents(made)


def _presence(name: str, verb: str, text: str) -> None:
    """One command for each thing that can be asked of an agent's presence; several agents at once."""

    @agent.command(name, help=text)
    @click.argument("numbers", nargs=-1, required=True)
    @click.pass_obj
    def command(home: Path, numbers: tuple[str, ...]) -> None:
        for number in numbers:
            _say(ask(home, "POST", f"/api/agents/{number}/{verb}"))


for _name, _verb, _text in (
    ("login", "login", "Agents come to work."),
    ("logout", "logout", "Agents leave, after the call if they are in one."),
    ("unpause", "unpause", "Agents take calls again."),
    ("wrap-up-end", "wrap-up-end", "Agents have finished their notes."),
):
    _presence(_name, _verb, _text)


@agent.command("pause")
@click.argument("numbers", nargs=-1, required=True)
@click.option("--reason", default="break", show_default=True)
@click.pass_obj
def pause(home: Path, numbers: tuple[str, ...], reason: str) -> None:
    """Agents take no calls, after the call if they are in one."""
    for number in numbers:
        _say(ask(home, "POST", f"/api/agents/{number}/pause", {"reason": reason}))


def _say(agent: dict[str, Any]) -> None:
    reason = f" ({seen(agent['reason'])})" if agent["reason"] else ""
    click.echo(f"{seen(agent['agent'])} {seen(agent['name'])}: {agent['presence']}{reason}")

"""`cti agent`: who the agents are and what they can do; the group that `staffing` and `presence` add their commands to.

People are rows; a running engine is told of each change at once (SIGHUP), Asterisk learns of phones by `cti dialplan
apply`.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ..config import load_config
from ..db.agent_csv import parse_skills
from ..db.people import Agent, People
from ..errors import UsageError
from . import complete
from .presence import PRESENCE
from .rows import as_json, print_json, print_table, seen, with_store
from .running import tell_engine
from .staffing import STAFFING, apply_now, new_pin, new_secret, ship_phones

_SECRETS = ("phone_secret", "voicemail_pin")


@click.group()
def agent() -> None:
    """Agents: who they are, what they can do, what they are doing."""


for _command in (*STAFFING, *PRESENCE):
    agent.add_command(_command)


@agent.command("add")
@click.argument("number")
@click.argument("name")
@click.option("--phone", default="", help="What rings; default: PJSIP/NUMBER.")
@click.option("--skills", default="", help="For example: sales=50;language_en=80")
@click.option("--secret", default="", help="The phone's SIP password; default: a new random one.")
@click.option("--contact", default="", help="A fixed SIP contact instead of a registration.")
@click.option("--language", default="")
@click.option("--voicemail-pin", "pin", default="", help="A mailbox with this PIN (4 to 10 digits); `new` makes one.")
@click.option("--voicemail-email", "email", default="", help="Where the mailbox's messages are sent.")
@click.option("--wrap-up", "wrap_up", type=float, default=None, help="Seconds after a talk; default: the queue's.")
@apply_now
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
        voicemail_pin=new_pin() if rest["pin"] == "new" else rest["pin"],
        voicemail_email=rest["email"],
        skills=_skills(skills),
    )
    with_store(home, lambda store: People(store.database).save_agents([new], new_only=True))
    click.echo(f"added {seen(number)} {seen(name)}")
    config = load_config(home)
    tell_engine(config)
    ship_phones(config, now=rest["apply_now"])


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
    return {name: value for name, value in asdict(one).items() if name not in _SECRETS} | {
        "voicemail": bool(one.voicemail_pin)
    }


def _skill_text(one: Agent) -> str:
    return " ".join(f"{skill}={level}" for skill, level in sorted(one.skills.items()))


@agent.command("show")
@click.argument("number", shell_complete=complete.agents)
@click.option("--secret", "secret", flag_value="phone_secret", help="Print only the phone's SIP password.")
@click.option("--voicemail-pin", "secret", flag_value="voicemail_pin", help="Print only the mailbox's PIN.")
@as_json
@click.pass_obj
def show(home: Path, number: str, secret: str | None, as_json: bool) -> None:
    """Show one agent."""
    found = with_store(home, lambda store: People(store.database).agent(number))
    if secret:
        click.echo(getattr(found, secret))
        return
    if as_json:
        print_json(_shown(found))
        return
    for name, value in (_shown(found) | {"skills": _skill_text(found)}).items():
        click.echo(f"{name:<16} {seen('' if value is None else value)}")

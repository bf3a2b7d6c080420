"""`cti agent import|skill|remove`: changes of the agents' rows, shown first where asked, made all or none.

It knows how a change is told and who must hear of it: the engine by a signal, Asterisk by `cti dialplan apply`. What a
change consists of is `db.staffing`'s.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from ..config import Config, load_config
from ..db.agent_csv import Sheet, read_sheet
from ..db.people import Agent, People
from ..db.staffing import Change, What, from_sheet, with_mailbox, with_skills, without
from ..db.store import Store
from ..errors import UsageError
from ..site.load import load_site
from ..voicemail.spool import forget_pin
from . import complete
from .rows import as_json, print_json, seen, with_store
from .running import tell_engine

apply_now = click.option(
    "--apply", "apply_now", is_flag=True, help="Also render Asterisk's files and reload it (cti dialplan apply)."
)
_dry_run = click.option("--dry-run", is_flag=True, help="Show what would change; change nothing.")
_SET = re.compile(r"([^=]+)=([0-9]{1,3})", re.ASCII)
_DONE = {What.ADD: "added", What.CHANGE: "changed", What.REMOVE: "removed", What.SAME: "unchanged"}


def new_secret() -> str:
    """A SIP password for a phone: 120 random bits."""
    return secrets.token_hex(15)


def new_pin() -> str:
    """A mailbox's PIN: six random digits."""
    return f"{secrets.randbelow(10**6):06}"


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--prune", is_flag=True, help="Remove agents whom the file does not name.")
@_dry_run
@apply_now
@as_json
@click.pass_obj
def import_agents(home: Path, file: Path, prune: bool, dry_run: bool, apply_now: bool, as_json: bool) -> None:
    """Add and change agents from CSV: number,name,phone,skills[,secret][,contact][,language][,wrap_up][,voicemail_pin]
    [,voicemail_email].

    All or nothing. A column that the file does not have stays as it is; an empty secret keeps the password.
    """
    sheet = _read(file)
    changes = _carry_out(home, lambda known: from_sheet(known, sheet, prune=prune, new_secret=new_secret), dry_run)
    _tell(home, changes, file=file.name, dry_run=dry_run, apply=apply_now, as_json=as_json)


@click.command("skill")
@click.argument("words", nargs=-1, required=True, metavar="NUMBER... CHANGE...", shell_complete=complete.agents)
@_dry_run
@as_json
@click.pass_obj
def skill(home: Path, words: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Change what agents can do: `sales=80` sets a level (1 to 100), `german-` takes a skill away.

    For example: cti agent skill 1001 1002 sales=80 german-
    """
    numbers = [word for word in words if word.isascii() and word.isdigit()]
    levels = dict(_level(word) for word in words if word not in numbers)
    if not numbers or not levels:
        raise UsageError("name agents and changes, for example: cti agent skill 1001 sales=80 german-")
    changes = _carry_out(home, lambda known: with_skills(known, numbers, levels), dry_run)
    _tell(home, changes, dry_run=dry_run, as_json=as_json)


def _level(word: str) -> tuple[str, int]:
    if found := _SET.fullmatch(word):
        return found[1], int(found[2])
    if word.endswith("-") and len(word) > 1 and "=" not in word:
        return word[:-1], 0
    raise UsageError(f"{word[:80]!r} is no change of a skill; write sales=80, or sales- to take it away")


@click.command("remove")
@click.argument("numbers", nargs=-1, required=True, metavar="NUMBER...", shell_complete=complete.agents)
@_dry_run
@apply_now
@as_json
@click.pass_obj
def remove(home: Path, numbers: tuple[str, ...], dry_run: bool, apply_now: bool, as_json: bool) -> None:
    """Remove agents and their tokens; history keeps the numbers."""
    changes = _carry_out(home, lambda known: without(known, numbers), dry_run)
    _tell(home, changes, dry_run=dry_run, apply=apply_now, as_json=as_json)


@click.command("voicemail")
@click.argument("number", shell_complete=complete.agents)
@click.option("--pin", default="", help="4 to 10 digits; default: as it is, or a new random one.")
@click.option("--email", default=None, help="Where messages are sent; an empty one: nowhere.")
@click.option("--off", is_flag=True, help="Take the mailbox away; messages stay on disk.")
@_dry_run
@apply_now
@as_json
@click.pass_obj
def voicemail(
    home: Path, number: str, pin: str, email: str | None, off: bool, dry_run: bool, apply_now: bool, as_json: bool
) -> None:
    """Give an agent a mailbox, or change it: unanswered direct calls go there.

    cti agent show N --voicemail-pin prints the PIN.
    """
    changes = _carry_out(home, lambda known: with_mailbox(known, number, pin or new_pin, email, off=off), dry_run)
    if pin and not dry_run:
        forget_pin(load_config(home).voicemail / "agents" / number)
    _tell(home, changes, dry_run=dry_run, apply=apply_now, as_json=as_json)


STAFFING: tuple[click.Command, ...] = (import_agents, skill, voicemail, remove)


def _read(file: Path) -> Sheet:
    try:
        return read_sheet(file.read_text(encoding="utf-8-sig"), file.name)
    except UnicodeDecodeError as error:
        raise UsageError(f"{file.name} is not UTF-8; save it as CSV UTF-8") from error
    except UsageError as error:
        mistakes = str(error).splitlines()
        for mistake in mistakes:
            click.echo(seen(mistake), err=True)
        raise UsageError(f"{len(mistakes)} mistake(s) in {seen(file.name)}; nothing was imported") from error


def _carry_out(home: Path, plan: Callable[[Sequence[Agent]], list[Change]], dry_run: bool) -> list[Change]:
    async def go(store: Store) -> list[Change]:
        people = People(store.database)
        changes = plan(await people.agents())
        save = [change.after for change in changes if change.after and change.what is not What.SAME]
        if not dry_run:
            await people.staff(save, [change.agent.number for change in changes if change.what is What.REMOVE])
        return changes

    return with_store(home, go)


def _tell(
    home: Path, changes: list[Change], *, file: str = "", dry_run: bool, apply: bool = False, as_json: bool = False
) -> None:
    """What was (or would be) done, then those who must know of it."""
    if as_json:
        print_json({"dry_run": dry_run, "changes": [_entity(change) for change in changes]})
    else:
        for change in changes:
            if change.what is not What.SAME:
                click.echo(_line(change, file))
        click.echo(_summary(changes, dry_run))
    done = [change for change in changes if change.what is not What.SAME]
    if dry_run or not done:
        return
    config = load_config(home)
    tell_engine(config)
    if any(change.phone_differs for change in done):
        ship_phones(config, now=apply, quiet=as_json)


def _entity(change: Change) -> dict[str, object]:
    agent = change.agent
    values = {"number": agent.number, "name": agent.name, "what": change.what.value, "line": change.line or None}
    return {**values, "skills": agent.skills, "details": list(change.details)}


def _line(change: Change, file: str) -> str:
    agent = change.agent
    where = f"{seen(file)}:{change.line}: " if change.line else ""
    skills = " ".join(f"{skill}={level}" for skill, level in sorted(agent.skills.items()))
    told = "; ".join(change.details) if change.what is What.CHANGE else f"{agent.phone} {skills}".strip()
    return f"{where}{change.what.value:<6} {agent.number} {seen(agent.name)}: {seen(told)}"


def _summary(changes: list[Change], dry_run: bool) -> str:
    counted = {what: sum(change.what is what for change in changes) for what in What}
    told = ", ".join(f"{count} {_DONE[what]}" for what, count in counted.items() if count) or "nothing to do"
    return f"dry run, nothing was changed: {told}" if dry_run else told


def ship_phones(config: Config, *, now: bool, quiet: bool = False) -> None:
    """Have Asterisk know the phones: at once, or by a hint."""
    if now:
        from .shipping import ship  # needs an Asterisk on this machine: only when asked for

        ship(
            config, load_site(config.site_file), say=lambda text: click.echo(text, err=quiet), message="agents' phones"
        )
    elif not quiet:
        click.echo("next: cti dialplan apply, so that Asterisk knows the phones; passwords: cti agent show N --secret")

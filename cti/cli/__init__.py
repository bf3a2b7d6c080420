"""The command line: one file per group, bodies of about ten lines. It asks and prints; the rest is elsewhere.

Errors are one line on stderr; the exit code tells the class (see `cti.errors`). Groups are imported when they are
used, so that `cti --help` and shell completion stay quick.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from ..errors import CtiError, NotProven, SiteError

# command name -> (module in this package, attribute, help line)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "init": ("init", "init", "Make an instance folder: site.yaml, ports, secrets."),
    "serve": ("serve", "serve", "Run the engine (with its supervisor) until Ctrl-C."),
    "pbx": ("pbx", "pbx", "The private Asterisk: fetch, up, down, status, console."),
    "site": ("site", "site", "Check site.yaml: every mistake at once, with its line; its JSON Schema."),
    "dialplan": ("dialplan", "dialplan", "Render Asterisk's files and put them in place."),
    "prompt": ("prompt", "prompt", "What callers hear: list the prompts, play one, record one by telephone."),
    "agent": ("agent", "agent", "Agents: who they are, what they can do, what they are doing."),
    "customer": ("customer", "customer", "Customers: whose number it is, priority, language, preferred agent."),
    "queue": ("queue", "queue", "Queues: who waits and who answers now; watch, move, open, close."),
    "schedule": ("schedule", "schedule", "Opening hours: test them, what changes when, open and close by hand."),
    "callback": ("callback", "callback", "Callers who hung up and keep their place: list, cancel."),
    "voicemail": ("voicemail", "voicemail", "Messages that callers left: list, play, export, assign, done, delete."),
    "work": ("work", "work", "Who must be called back: messages and callers who were not served."),
    "call": ("call", "call", "Conversations: list them, show one, explain the decisions."),
    "plan": ("plan", "plan", "When agents should be at work; cti report adherence tells how it was."),
    "report": ("report", "report", "Numbers from the call records, each with its definition."),
    "journal": ("journal", "journal", "The journals: how far they are read; make all rows anew."),
    "db": ("db", "db", "The database for reporting jobs: data dictionary, who may read it, old months."),
    "acd": ("acd", "acd", "The decisions themselves: what would be decided now, if."),
    "simulate": ("simulate", "simulate", "Try a roster, skills or rings on recorded or generated callers."),
    "agi": ("agi", "agi", "Scripts of agi_scripts/: list them, try one without a phone."),
    "token": ("token", "token", "Access tokens of agents and supervisors."),
    "demo": ("demo", "demo", "Real SIP calls by simulated customers to simulated agents."),
    "docs": ("docs", "docs", "Print the state tables that the engine runs on."),
}

LONGEST = 1_000  # characters of an error; what somebody typed may be in it


class Commands(click.Group):
    """Loads a command's module when it is used, and turns our errors into one line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(f".{module}", __package__), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's signature)
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, _, line) in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse bytes that are no UTF-8 here, once for every command: no file, database or terminal takes them."""
        if any(_has_surrogate(argument) for argument in args):
            ctx.fail("an argument holds bytes that are no UTF-8 text")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SiteError as error:
            for mistake in error.mistakes:
                click.echo(mistake, err=True)
            click.echo(f"error: {len(error.mistakes)} mistake(s); nothing was applied", err=True)
            sys.exit(error.exit_code)
        except NotProven as error:
            for finding in error.findings:
                click.echo(_one_line(finding), err=True)
            click.echo(f"error: {_one_line(str(error))}", err=True)
            sys.exit(error.exit_code)
        except CtiError as error:
            click.echo(f"error: {_one_line(str(error))}", err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:  # `cti call list | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


def _one_line(text: str) -> str:
    """At most LONGEST characters that a terminal shows and does not obey; the rest is escaped."""
    line = " ".join(text.split())
    line = line if len(line) <= LONGEST else line[:LONGEST] + " …"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in line)


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="CTI_HOME",
    default=Path(),
    show_default="this folder",
    help="The instance folder (also CTI_HOME).",
)
@click.version_option(package_name="cti", prog_name="cti")
@click.pass_context
def main(ctx: click.Context, home: Path) -> None:
    """CTI engine for Asterisk: the dialplan holds every call; the engine decides, pops, records and counts."""
    ctx.obj = home

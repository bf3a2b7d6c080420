"""`cti acd`: questions to the router of the running engine. It asks and prints; nothing real changes.

Suppositions are tried in one fixed order, whatever the order of the options: rings, skills, logins and log-outs,
pauses, agents who come free, callers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from ..core.skills import need_text
from ..errors import UsageError
from ..site.load import load_site
from ..site.rules import rules_of
from .api import ask
from .complete import agents
from .rows import as_json, print_json, print_table, seen

_SHOWN_WAITING = 30  # callers whose place is printed


@click.group()
def acd() -> None:
    """The decisions themselves: what would be decided now, if."""


@acd.command("what-if")
@click.option("--queue-rings", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The steps of each queue in this site.yaml, instead of those that count now.")  # fmt: skip
@click.option("--skill", multiple=True, metavar="AGENT.SKILL=LEVEL", help="Such as 1001.sales=80; 0 takes it away.")
@click.option("--login", multiple=True, metavar="AGENT", shell_complete=agents, help="The agent comes to work.")
@click.option("--logout", multiple=True, metavar="AGENT", shell_complete=agents, help="The agent leaves.")
@click.option("--pause", multiple=True, metavar="AGENT", shell_complete=agents, help="The agent takes no calls.")
@click.option("--unpause", multiple=True, metavar="AGENT", shell_complete=agents, help="The agent takes calls again.")
@click.option("--free", multiple=True, metavar="AGENT", shell_complete=agents, help="Talk and wrap-up are over.")
@click.option("--caller", multiple=True, metavar="queue=NAME[,need=SKILL=LEVEL…][,priority=N]",
              help="One more caller joins: queue=sales,need=language_en=50,priority=2.")  # fmt: skip
@as_json
@click.pass_obj
def what_if(home: Path, /, queue_rings: Path | None, caller: tuple[str, ...], as_json: bool, **asked: Any) -> None:
    """Say what would be offered to whom now, and why, and how the line would change. Options may be repeated."""
    suppose = list(_rings(queue_rings)) if queue_rings else []
    for what in ("skill", "login", "logout", "pause", "unpause", "free"):
        suppose += [{what: value} for value in asked[what]]
    suppose += [{"caller": _caller(text)} for text in caller]
    if not suppose:
        raise UsageError("suppose something, such as --login 1002; see: cti acd what-if --help")
    told = ask(home, "POST", "/api/what-if", {"suppose": suppose})
    if as_json:
        print_json(told)
        return
    _print_decisions(told["decisions"])
    _print_waiting(told["waiting"])
    for agent in told["agents"]:
        click.echo(f"agent {seen(agent['agent'])}: {agent['now']} -> {agent['then']}")
    click.echo("supposed only: nothing has changed")


def _rings(file: Path) -> Iterable[dict[str, Any]]:
    for rules in rules_of(load_site(file)):
        steps = [{"after": int(ring.after_seconds), "need": need_text(ring.need)} for ring in rules.rings]
        yield {"rings": {"queue": rules.name, "steps": steps}}


def _caller(text: str) -> dict[str, Any]:
    """`queue=sales,need=a=1,b=2,priority=2`: a part without a field's name goes on with the need."""
    found: dict[str, Any] = {}
    needs: list[str] = []
    for part in text.split(","):
        name, _, value = part.partition("=")
        if name in ("queue", "priority") and name not in found:
            found[name] = value
        else:
            needs.append(value if name == "need" else part)
    if "queue" not in found:
        raise UsageError(f"write --caller queue=NAME[,need=SKILL=LEVEL][,priority=N]; got {text[:60]!r}")
    try:
        priority = int(found.get("priority", 0))
    except ValueError:
        raise UsageError(f"the priority must be a whole number, got {found['priority'][:20]!r}") from None
    return {"queue": found["queue"], "need": ",".join(needs), "priority": priority}


def _print_decisions(decisions: Iterable[Mapping[str, Any]]) -> None:
    rows = [
        (one["call"], one["queue"], one["decision"], one["agent"] or "", f"ring {one['ring']}", _why(one))
        for one in decisions
    ]
    print_table(("call", "queue", "decision", "agent", "", "because"), rows, none="no call would be decided otherwise")


def _why(decision: Mapping[str, Any]) -> str:
    reasons = [f"{candidate['agent']} {candidate['why']}".strip() for candidate in decision["candidates"]]
    return "; ".join([*([decision["why"]] if decision["why"] else []), *reasons])


def _print_waiting(waiting: list[Mapping[str, Any]]) -> None:
    rows = [
        (
            one["call"],
            one["queue"],
            one["number"] or "withheld",
            f"{one['waited_seconds']:.0f}s",
            one["before"] or "-",
            one["after"] or "-",
            f"{one['becomes']} {one['agent'] or ''}".strip(),
        )
        for one in waiting[:_SHOWN_WAITING]
    ]
    click.echo()
    columns = ("call", "queue", "number", "waited", "place now", "then", "would be")
    print_table(columns, rows, none="nobody waits")
    if len(waiting) > len(rows):
        click.echo(f"and {len(waiting) - len(rows)} more; all of them: --json")

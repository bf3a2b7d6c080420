"""Shell completion of what an instance knows: agents, queues, pause reasons, waiting calls.

It asks only what is cheap: the running engine for half a second, and site.yaml. It never fails and never opens the
database: no answer means no suggestion. Turn on: eval "$(_CTI_COMPLETE=bash_source cti)" (zsh_source).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..errors import CtiError
from ..site.files import names_in
from .api import ask

SECONDS = 0.5
Complete = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def agents(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Numbers of agents, with their names."""
    found = _floor(ctx).get("agents", ())
    return _fitting(((agent["agent"], f"{agent['name']}, {agent['presence']}") for agent in found), incomplete)


def waiting_calls(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Calls that wait, with who calls and where."""
    found = [call for call in _floor(ctx).get("calls", ()) if call["state"] == "waiting"]
    return _fitting(((call["call"], f"{call['number'] or 'withheld'}, {call['queue']}") for call in found), incomplete)


def queues(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Queues of site.yaml."""
    return _fitting(((name, "") for name in section(_home(ctx), "queues")), incomplete)


def schedules(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Schedules of site.yaml."""
    return _fitting(((name, "") for name in section(_home(ctx), "schedules")), incomplete)


def reasons(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:  # noqa: ARG001
    """Pause reasons of site.yaml."""
    return _fitting(((name, "") for name in section(_home(ctx), "pause_reasons")), incomplete)


def _home(ctx: click.Context) -> Path:
    return Path(ctx.find_root().params.get("home") or ".")


def _floor(ctx: click.Context) -> dict[str, Any]:
    try:
        found: dict[str, Any] = ask(_home(ctx), "GET", "/api/floor", timeout_seconds=SECONDS)
    except (CtiError, OSError, ValueError):
        return {}
    return found


def section(home: Path, name: str) -> list[str]:
    """The names in one section of site.yaml and what it includes, in their order; [] when it cannot be read."""
    try:
        return names_in(home / "site.yaml", name)
    except CtiError:
        return []


def _fitting(found: Iterable[tuple[str, str]], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(value, help=text) for value, text in found if value.startswith(incomplete)]

"""Shows what `cti simulate` found: one table a queue, one of the agents, or everything as one JSON document.

It knows columns and units: shares as percent, waits as seconds, ± the 95 % margin. It counts nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click

from ..core.measures import DEFINITIONS, Estimate, QueueMeasures
from ..core.study import Beside, Study, difference
from ..core.words import QueueName
from .rows import print_table, seen
from .simulation_inputs import Asked, Callers, really, scenarios_of

_PERCENT = ("abandoned", "released", "stranded", "service_level", "had_to_wait", "occupancy")
_SECONDS = ("asa_seconds", "wait_seconds", "wait_p50", "wait_p90", "wait_p95")
_SHOWN = ("offered", "service_level", "asa_seconds", "wait_p90", "abandoned", "released", "had_to_wait", "occupancy")
_THEORY = {
    "service_level": "service_level",
    "asa_seconds": "asa_seconds",
    "abandoned": "abandoned",
    "had_to_wait": "wait_probability",
    "occupancy": "occupancy",
}
_NAMES = {"asa_seconds": "speed of answer", "wait_p90": "90 % wait at most", "had_to_wait": "had to wait"}


def print_study(asked: Asked, callers: Callers, studies: Mapping[str, Study], seconds: float) -> None:
    """Tables on stdout, and what the words mean below them."""
    number = len(studies) * sum(len(seed) for seed in callers.seeds)
    kind = "recorded" if callers.recorded else "generated"
    click.echo(f"{len(callers.seeds[0])} {kind} callers, {len(callers.seeds)} seeds: {number} calls in {seconds:.1f} s")
    before, *after = studies.values()
    recorded = really(callers, scenarios_of(asked, callers)["as it is"], asked)
    for queue in _with_callers(before):
        click.echo(f"\n{seen(queue) or 'all queues'}")
        _print_queue(queue, studies, recorded.get(queue), difference(before, after[0]) if after else {})
    click.echo()
    _print_agents(studies, {card.agent: card.name for card in callers.cards})
    click.echo(f"\nservice level: within {asked.within:g} s; ± is the 95 % interval over the seeds (Student's t).")
    for name in _SHOWN[1:]:
        click.echo(f"  {_NAMES.get(name, name.replace('_', ' '))}: {DEFINITIONS[name]}")
    _print_theory(before.theory)


def _with_callers(study: Study) -> list[QueueName]:
    """The queues that somebody called; all together only where that is more than one."""
    queues = [queue for queue, found in study.queues.items() if queue and found["offered"].mean]
    return [*queues, QueueName("")] if len(queues) > 1 else queues


def _print_queue(
    queue: QueueName,
    studies: Mapping[str, Study],
    recorded: QueueMeasures | None,
    changes: Mapping[QueueName, Mapping[str, Estimate]],
) -> None:
    theory = next(iter(studies.values())).theory.get(queue)
    columns = ["", *(["recorded"] if recorded else []), *studies, *(["change"] if changes else [])]
    columns += ["Erlang C", "Erlang A"] if theory else []
    rows = []
    for name in _SHOWN:
        cells = [_NAMES.get(name, name.replace("_", " "))]
        cells += [_value(name, getattr(recorded, name))] if recorded else []
        cells += [_estimate(name, one.queues[queue][name]) if queue in one.queues else "-" for one in studies.values()]
        cells += [_estimate(name, changes[queue][name], sign="+") if queue in changes else "-"] if changes else []
        cells += _theory_cells(theory, name) if theory else []
        rows.append(cells)
    print_table(columns, rows, none="")


def _theory_cells(theory: Beside, name: str) -> list[str]:
    if name not in _THEORY:
        return ["", ""]
    return [_value(name, getattr(one, _THEORY[name])) for one in (theory.erlang_c, theory.erlang_a)]


def _print_agents(studies: Mapping[str, Study], names: Mapping[Any, str]) -> None:
    everybody = list(dict.fromkeys(agent for study in studies.values() for agent in study.agents))
    columns = ["agent", "name", *(f"{what} {name}" for name in studies for what in ("occupancy", "answered"))]
    rows = []
    for agent in everybody:
        cells = [str(agent), names.get(agent, "added")]
        for one in studies.values():
            found = one.agents.get(agent)
            cells += [_estimate(name, found[name]) if found else "-" for name in ("occupancy", "answered")]
        rows.append(cells)
    print_table(columns, rows, none="no agents: nobody answered")


def _print_theory(theory: Mapping[QueueName, Beside]) -> None:
    if not theory:
        return
    click.echo("Erlang C and A take each queue as if its agents were alike and served nobody else (as it is):")
    for queue, beside in theory.items():
        patience = "without end" if math.isinf(beside.patience_seconds) else f"{beside.patience_seconds:.0f} s"
        click.echo(
            f"  {seen(queue)}: {beside.agents} agents at work, {beside.calls_per_hour:.1f} calls an hour, "
            f"{beside.handling_seconds:.0f} s each with wrap-up, patience {patience}"
        )


def _estimate(name: str, found: Estimate, sign: str = "") -> str:
    if found.mean is None:
        return "-"
    text = _value(name, found.mean, sign)
    return text if found.margin is None else f"{text} ± {_number(name, found.margin)}"


def _value(name: str, value: float | None, sign: str = "") -> str:
    if value is None:
        return "-"
    if math.isinf(value):
        return "without end"
    unit = " %" if name in _PERCENT else " s" if name in _SECONDS else ""
    return _number(name, value, sign) + unit


def _number(name: str, value: float, sign: str = "") -> str:
    if name in _PERCENT:
        return f"{value * 100:{sign}.1f}"
    return f"{value:{sign}.1f}" if name in _SECONDS else f"{value:{sign}.0f}"


def as_document(asked: Asked, callers: Callers, studies: Mapping[str, Study], seconds: float) -> dict[str, Any]:
    """Everything, for --json: shares 0 to 1, seconds; null where there is no number; the queue "" is all of them."""
    before, *after = studies.values()
    recorded = really(callers, scenarios_of(asked, callers)["as it is"], asked)
    return {
        "callers": {
            "recorded": bool(callers.recorded),
            "each_seed": len(callers.seeds[0]),
            "seeds": [asked.seed + number for number in range(asked.seeds)],
            "patience_seconds": {queue: _finite(mean) for queue, mean in callers.patience.items()},
        },
        "within_seconds": asked.within,
        "warm_up_seconds": asked.warm_up,
        "definitions": dict(DEFINITIONS),
        "recorded": {queue: asdict(one) for queue, one in recorded.items()} or None,
        "scenarios": {name: _study(one) for name, one in studies.items()},
        "change": _plain(difference(before, after[0])) if after else None,
        "calls_simulated": len(studies) * sum(len(seed) for seed in callers.seeds),
        "took_seconds": round(seconds, 3),
    }


def _study(one: Study) -> dict[str, Any]:
    theory = {queue: _plain(asdict(beside)) for queue, beside in one.theory.items()}
    return {"queues": _plain(one.queues), "agents": _plain(one.agents), "theory": theory}


def _plain(value: Any) -> Any:
    if isinstance(value, Estimate):
        return {"mean": value.mean, "margin": value.margin}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return _finite(value) if isinstance(value, float) else value


def _finite(value: float) -> float | None:
    """JSON has no infinity: without end is null."""
    return value if math.isfinite(value) else None

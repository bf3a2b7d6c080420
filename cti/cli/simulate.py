"""`cti simulate`: the ACD itself on recorded or generated callers, "as it is" beside a changed roster, skills or rings.

It asks and prints; reading what to simulate is `simulation_inputs`, showing it `simulation_table`. The engine need not
run, and nothing of the instance is changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ..core.study import Study, Terms, study
from .complete import agents, queues
from .rows import as_json, print_json
from .simulation_inputs import Asked, Callers, callers_of, scenarios_of
from .simulation_table import as_document, print_study

QUIET_SECONDS = 1.0  # shorter work shows no progress


@click.command()
@click.option("--from", "since", default="", help="Recorded callers from then on: 2026-11-20 or '2026-11-20 09:00'.")
@click.option("--to", "until", default="", help="Until this instant; default: one day later.")
@click.option("--calls", type=click.IntRange(1, 200_000), default=2_000, show_default=True, help="Generated callers.")
@click.option("--rate", type=click.FloatRange(0.1, 100_000), default=60.0, show_default=True, help="Of them, an hour.")
@click.option("--queue", "shares", multiple=True, metavar="NAME[=SHARE]", shell_complete=queues,
              help="The queues they call, in these shares; default: all alike. May be repeated.")  # fmt: skip
@click.option("--talk", type=click.FloatRange(1, 86_400), default=180.0, show_default=True, help="Mean talk, seconds.")
@click.option("--patience", type=click.FloatRange(0, 86_400), default=0.0, help="Mean patience, seconds; 0 = no end.")
@click.option("--answer", type=click.FloatRange(0, 300), default=3.0, show_default=True,
              help="Seconds that a phone rings until it is answered (generated callers).")  # fmt: skip
@click.option("--missed", type=click.FloatRange(0, 90), default=None,
              help="Percent of offers that nobody answers; default: as recorded, else 0.")  # fmt: skip
@click.option("--shifts", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="CSV agent,from,to,reason: work from 09:00 to 17:00; with a reason: a break.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(1, 100), default=5, show_default=True, help="So many times, by chance.")
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="The first; same seed, same result.")
@click.option("--within", type=click.FloatRange(0, 3_600), default=20.0, show_default=True,
              help="Seconds of the service level.")  # fmt: skip
@click.option("--warm-up", type=click.FloatRange(0), default=0.0, help="Leave callers of the first seconds uncounted.")
@click.option("--site", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Changed: this site.yaml.")
@click.option("--agents", "agents_csv", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Changed: these agents (CSV as for `cti agent import`).")  # fmt: skip
@click.option("--set", "levels", multiple=True, metavar="AGENT.SKILL=LEVEL", help="Changed: this level; 0: none.")
@click.option("--without", multiple=True, metavar="AGENT", shell_complete=agents, help="Changed: without this agent.")
@click.option("--add", "added", multiple=True, metavar="COUNT:SKILLS", help="Changed: more agents, such as 3:sales=70.")
@as_json
@click.pass_obj
def simulate(home: Path, /, as_json: bool, **options: Any) -> None:
    """Try a roster, skills or rings on recorded or generated callers, before real callers meet them."""
    asked = Asked(home=home, **options)
    callers = callers_of(asked)
    scenarios = scenarios_of(asked, callers)
    terms = Terms(within_seconds=asked.within, warm_up_seconds=asked.warm_up, patience=callers.patience)
    started = monotonic()
    with _progress(len(scenarios) * sum(len(seed) for seed in callers.seeds), started) as tick:
        studies = {
            name: study(scenario, callers.seeds, terms, begin=callers.begin, tick=tick)
            for name, scenario in scenarios.items()
        }
    _show(asked, callers, studies, monotonic() - started, as_json)


def _show(asked: Asked, callers: Callers, studies: dict[str, Study], seconds: float, as_json: bool) -> None:
    if as_json:
        print_json(as_document(asked, callers, studies, seconds))
    else:
        print_study(asked, callers, studies, seconds)


@contextmanager
def _progress(total: int, started: float) -> Iterator[Callable[[], None]]:
    """A bar on stderr, where that is a terminal, for what takes longer than a moment."""
    columns = (TextColumn("simulating"), BarColumn(), MofNCompleteColumn(), TextColumn("calls"), TimeRemainingColumn())
    screen = Console(stderr=True)
    with Progress(*columns, console=screen, transient=True, auto_refresh=False, disable=not screen.is_terminal) as bar:
        task, done = bar.add_task("", total=total, visible=False), 0

        def tick() -> None:
            nonlocal done
            done += 1
            if done % 250 == 0 and monotonic() - started > QUIET_SECONDS:
                bar.update(task, completed=done, visible=True, refresh=True)

        yield tick

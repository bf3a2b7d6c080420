"""`cti dialplan test`: call tests as real calls on a private Asterisk. It knows what is printed; `cti.stage` calls."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import click
import yaml

from ..db.people import People
from ..errors import UsageError
from ..site.load import load_site
from ..stage.call_case import Case, Heard, Staff
from ..stage.call_tests import CallTests
from ..stage.case_file import chosen, read_case_file
from ..stage.case_report import Tried, difference, headline, junit, plain, recorded
from ..stage.show import until_told
from .demo import bring_what_is_missing
from .out_file import put
from .rows import as_json, print_json, seen, with_store

CALLS = "calls.yaml"


@click.command()
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False, path_type=Path))
@click.option("-k", "words", default="", metavar="WORDS", help="Only cases whose name has all of these words.")
@click.option("--junit", "report", type=click.Path(dir_okay=False, path_type=Path), help="Write a JUnit report there.")
@click.option(
    "--write",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the cases with what happened as the expectation into this new file.",
)
@as_json
@click.pass_obj
def test(
    home: Path, files: tuple[Path, ...], words: str, report: Path | None, target: Path | None, as_json: bool
) -> None:
    """Place the calls of FILES (default: calls.yaml beside site.yaml) and hold them against what they expect.

    They are real calls, on an Asterisk of their own with this folder's site and templates; the live one is not touched.
    One that goes another way is placed once more, when the others are over: on a busy machine keys come too late.
    Exit code 1 when a call went another way both times, 2 when a file is wrong.
    """
    if target is not None and target.exists():
        raise UsageError(f"{target} exists; name a new file")
    for file in (target, report):  # said now, not after a minute of calls
        if file is not None and not os.access(file.resolve().parent, os.W_OK):
            raise UsageError(f"{file} cannot be written there")
    cases, staff = _read(home, files or (home / CALLS,), words)
    begun = time.monotonic()
    heard = _call(home, cases, staff, quiet=as_json)
    tried, seconds = [Tried(case, one) for case, one in zip(cases, heard, strict=True)], time.monotonic() - begun
    if target is not None:
        put(target, yaml.safe_dump(recorded(tried, staff), allow_unicode=True, sort_keys=False).encode())
    if report is not None:
        put(report, junit(tried, seconds).encode())
    if as_json:
        print_json(plain(tried, seconds))
    else:
        _tell(tried, seconds)
    sys.exit(0 if target is not None or all(one.fine for one in tried) else 1)


def _read(home: Path, files: Sequence[Path], words: str) -> tuple[list[Case], dict[str, dict[str, int]]]:
    """The chosen cases of all files, and every agent's skills. Raises UsageError when two files differ in those."""
    site = load_site(home / "site.yaml")
    staff = _staff(home)
    cases: list[Case] = []
    told: dict[str, tuple[Path, dict[str, int]]] = {}
    for file in files:
        found = read_case_file(file, site, staff)
        for number, skills in found.staff.items():
            other, before = told.setdefault(number, (file, dict(skills)))
            if before != dict(skills):
                raise UsageError(
                    f"agent {number} has other skills in {file} than in {other}; use one number for one agent"
                )
        cases += chosen(found.cases, words)
    if not cases:
        raise UsageError(f"no case has {seen(words)!r} in its name" if words else "there are no calls in these files")
    return cases, {number: skills for number, (_, skills) in told.items()}


def _staff(home: Path) -> Staff:
    """The instance's own agents, for files that name them without describing them; none without a database."""
    if not (home / "cti.toml").is_file() or not (home / "var" / "cti.sqlite").is_file():
        return {}
    agents = with_store(home, lambda store: People(store.database).agents())
    return {agent.number: agent.skills for agent in agents}


def _call(home: Path, cases: Sequence[Case], staff: Staff, *, quiet: bool) -> list[Heard]:
    """Place the calls in a folder that is gone afterwards; each is told of when it is over."""
    bring_what_is_missing(home)

    def tell(index: int, heard: Heard) -> None:
        if not quiet:
            click.echo(seen(headline(Tried(cases[index], heard))))

    async def calls(folder: str) -> list[Heard]:
        async with CallTests(Path(folder)) as tests:
            return await tests.run(home, cases, staff, tell, lambda index, heard: Tried(cases[index], heard).fine)

    click.secho(f"▸ {len(cases)} calls, on an Asterisk of their own", err=True)
    with tempfile.TemporaryDirectory(prefix="cti-call-test-") as folder:
        try:
            found: list[Heard] = asyncio.run(until_told(calls(folder)))
        except (asyncio.CancelledError, KeyboardInterrupt):
            click.secho("▸ stopped", err=True)
            sys.exit(130)
    return found


def _tell(tried: Sequence[Tried], seconds: float) -> None:
    wrong = [one for one in tried if not one.fine]
    for one in wrong:
        click.echo()
        for line in difference(one):
            click.echo(seen(line))
    click.echo(f"\n{len(tried) - len(wrong)} of {len(tried)} calls went as expected, in {seconds:.0f} s")

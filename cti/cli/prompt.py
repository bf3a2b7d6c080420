"""`cti prompt`: what callers hear: listed, played, recorded by telephone. One file per command; this one lists.

It knows how to show; what a prompt is made from is `cti.render.prompts`, who names it `cti.site`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ..config import load_config
from ..errors import RenderError, SiteError
from ..render.agent_sounds import SAID
from ..render.prompts import made_source, source_for, spoken_before, warnings_of
from ..render.sound_cache import Made, SoundCache
from ..render.speech import Speech
from ..site.load import load_site
from ..site.model import Prompt, Site
from ..site.shipped import uses_of
from ..site.spoken import SUFFIXES
from .prompt_play import play
from .prompt_record import record
from .rows import print_table
from .speech import speech_for

MOST_SHOWN = 40  # characters of a text


@click.group()
def prompt() -> None:
    """What callers hear: list the prompts, play one, record one by telephone."""


prompt.add_command(play)
prompt.add_command(record)


@prompt.command("list")
@click.option("--all", "everything", is_flag=True, help="The words that come with us, too.")
@click.option("--unused", is_flag=True, help="Only those that nothing names.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def list_prompts(home: Path, everything: bool, unused: bool, as_json: bool) -> None:
    """Every prompt and language: seconds, whether it is recorded or spoken, who names it, what is missing or wrong.

    Exit code 2 when a recording cannot be played. Nothing is spoken for it: a text has no seconds before it was made.
    """
    config = load_config(home)
    site = load_site(config.site_file)
    store = SoundCache(config.var / "cache" / "prompts")
    rows = list(prompt_rows(site, store, speech_for(config)))
    shown = [row for row in rows if (everything or not row["shipped"]) and not (unused and row["used_by"])]
    left = [str(file.relative_to(home.resolve())) for file in unused_files(home, site)]
    if as_json:
        click.echo(json.dumps({"prompts": shown, "unused_files": left}, ensure_ascii=False))
    else:
        print_table(
            ("prompt", "language", "seconds", "source", "used by", "says"),
            [line for row in shown for line in _lines(row)],
            none="no prompt",
        )
        for name in left:
            click.echo(f"not in use: {name}")
    wrong = [heard["wrong"] for row in shown for heard in row["heard"].values() if heard["wrong"]]
    if wrong:
        raise SiteError(list(dict.fromkeys(wrong)))


def prompt_rows(site: Site, store: SoundCache, speech: Speech | None) -> Iterator[dict[str, Any]]:
    """One JSON object per prompt; `heard` is what callers of each language hear."""
    uses = dict.fromkeys(SAID, ("feature codes",)) | uses_of(site)
    for name, found in site.prompts.items():
        heard = {language: _heard(site, found, language, store, speech) for language in site.site.languages}
        shipped = not any(spoken.where for spoken in found.spoken.values())
        yield {"name": name, "used_by": list(uses.get(name, ())), "shipped": shipped, "heard": heard}


def _heard(site: Site, found: Prompt, language: str, store: SoundCache, speech: Speech | None) -> dict[str, Any]:
    source = source_for(site, found, language)
    spoken, wrong = source.spoken, ""
    made: Made | None = None
    try:
        made = made_source(source, store, None) if spoken.file else spoken_before(source, store, speech)
    except RenderError as error:
        wrong = f"{spoken.where}: {error}"
    return {
        "source": "file" if spoken.file else "text",
        "file": str(spoken.file or ""),
        "text": spoken.text,
        "where": spoken.where,
        "missing": not {language, ""} & found.spoken.keys(),
        "seconds": made.seconds if made else None,
        "warnings": warnings_of(source, made) if made else [],
        "wrong": wrong,
    }


def _lines(row: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    first = True
    for language, heard in row["heard"].items():
        seconds = "-" if heard["seconds"] is None else f"{heard['seconds']:.1f}"
        says = heard["text"] or Path(heard["file"]).name
        says = says if len(says) <= MOST_SHOWN else says[: MOST_SHOWN - 1] + "…"
        source = "wrong" if heard["wrong"] else heard["source"] + ("!" if heard["warnings"] else "")
        if heard["missing"]:
            source = "missing"
        named = ", ".join(row["used_by"]) or "-"
        yield (
            (row["name"], language, seconds, source, named, says)
            if first
            else ("", language, seconds, source, "", says)
        )
        first = False


def unused_files(home: Path, site: Site) -> list[Path]:
    """Recordings in HOME/sounds that no prompt names."""
    named = {spoken.file for found in site.prompts.values() for spoken in found.spoken.values() if spoken.file}
    files = (file for file in (home.resolve() / "sounds").rglob("*") if file.suffix.lower() in SUFFIXES)
    return sorted(file for file in files if file.is_file() and file.resolve() not in named)

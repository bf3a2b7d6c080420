"""`cti prompt play`: hear a prompt as callers will, shipped or not. It starts a player; it plays nothing itself."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import click

from ..config import load_config
from ..errors import NotFound, RenderError, UsageError
from ..render.prompts import made_source, source_for, warnings_of
from ..render.sound import RATE, WIDE
from ..render.sound_cache import SoundCache
from ..site.load import load_site
from ..site.reading import nearest
from .speech import speech_for

PLAYERS = (
    ("pw-play",),
    ("paplay",),
    ("aplay", "-q"),
    ("play", "-q"),
    ("ffplay", "-nodisp", "-autoexit", "-v", "error"),
)


@click.command()
@click.argument("name")
@click.option("--language", help="Of the caller; default: the site's first.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write a WAV file instead of playing it.")
@click.option("--narrow", is_flag=True, help="As heard on an 8 kHz line (G.711) instead of 16 kHz (G.722).")
@click.pass_obj
def play(home: Path, name: str, language: str | None, out: Path | None, narrow: bool) -> None:
    """Make the prompt NAME (it need not be shipped yet) and play it, or write it to --out."""
    config = load_config(home)
    site = load_site(config.site_file)
    if name not in site.prompts:
        raise NotFound(f"there is no prompt {name!r} ({nearest(name, site.prompts)})")
    chosen = language or site.site.languages[0]
    if chosen not in site.site.languages:
        raise UsageError(f"{chosen!r} is not a language of the site: {', '.join(site.site.languages)}")
    source = source_for(site, site.prompts[name], chosen)
    made = made_source(source, SoundCache(config.var / "cache" / "prompts"), speech_for(config))
    for warning in warnings_of(source, made):
        click.echo(warning, err=True)
    sound = made.files[RATE if narrow else WIDE]
    if out is not None:
        write_new(out, sound.read_bytes())
        click.echo(f"{made.seconds:.1f} s in {out}")
    elif not played(sound):
        click.echo(
            f"nothing here can play sound; {made.seconds:.1f} s lie in {sound} (a WAV file; --out FILE copies it)"
        )


def write_new(out: Path, data: bytes) -> None:
    """Write a file that is not there yet. Raises UsageError for one that is, RenderError when it can't be written."""
    try:
        with out.open("xb") as file:
            file.write(data)
    except FileExistsError:
        raise UsageError(f"{out} exists; name another file, or remove it first") from None
    except OSError as error:
        raise RenderError(f"{out}: {error.strerror}") from error


def played(sound: Path) -> bool:
    """Whether a program of this machine played it; one without a sound device fails, and the next one is tried."""
    for argv in PLAYERS:
        if (
            shutil.which(argv[0])
            and subprocess.run([*argv, str(sound)], capture_output=True, check=False).returncode == 0
        ):
            return True
    return False

"""`cti init`: an instance folder with a site, free ports, secrets and room to write. It never overwrites anything."""

from __future__ import annotations

import os
import secrets
from dataclasses import fields
from pathlib import Path

import click

from ..config import PORTS, TABLES, Config, Secrets
from ..errors import UsageError
from ..ports import free_ports
from ..share import shared_folder
from ..site.files import EDITOR_HINT, SCHEMA_FILE
from .site_schema import schema_text

_IGNORED = "# Secrets and everything that can be rebuilt or rotates.\n/secrets.toml\n/var/\n"
_FOLDERS = ("journal", "recordings", "cache")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--demo", is_flag=True, help="Begin with the demo site (a car dealer's hotline) instead of a minimal one."
)
@click.option("--secrets", "renew", is_flag=True, help="Make new secrets; the old ones stop working at the next start.")
def init(folder: Path, demo: bool, renew: bool) -> None:
    """Make FOLDER an instance: site.yaml, cti.toml with free ports, secrets.toml, var/."""
    made = make_instance(folder, demo=demo, renew=renew)
    if not made:
        click.echo(f"{folder} is an instance already; nothing to do")
        return
    if demo:
        text = (shared_folder("dialplan") / "calls.yaml").read_text(encoding="utf-8")
        made += _write(folder / "calls.yaml", text, 0o644)
    for name in made:
        click.echo(f"made {folder / name}")
    click.echo(f"next: cti --home {folder} site check")


def make_instance(home: Path, *, demo: bool = False, renew: bool = False) -> list[str]:
    """Make what is missing and return its names; an instance that is complete is left as it is.

    Raises UsageError for a folder that holds something else, or that cannot be written.
    """
    try:
        home.mkdir(mode=0o750, parents=True, exist_ok=True)
        foreign = [entry.name for entry in home.iterdir() if not entry.name.startswith(".git")]
        if foreign and not (home / "cti.toml").exists():
            raise UsageError(
                f"{home} is not empty and not an instance (it holds {sorted(foreign)[0]}); name a new folder"
            )
        return _make(home, demo, renew)
    except OSError as error:
        raise UsageError(f"{error.filename or home}: {error.strerror}") from error


def _make(home: Path, demo: bool, renew: bool) -> list[str]:
    site = shared_folder("dialplan") / ("site.yaml" if demo else "minimal.yaml")
    if renew:
        (home / "secrets.toml").unlink(missing_ok=True)
    made = []
    if not (home / "cti.toml").exists():  # first: it marks the folder as ours if we are cut off
        made += _write(home / "cti.toml", settings_text(free_ports(home=home)), 0o644)
    made += _write(home / "secrets.toml", secrets_text(), 0o600)
    made += _write(home / "site.yaml", EDITOR_HINT + site.read_text(encoding="utf-8"), 0o644)
    made += _write(home / SCHEMA_FILE, schema_text(), 0o644)
    made += _write(home / ".gitignore", _IGNORED, 0o644)
    for name in _FOLDERS:
        if not (home / "var" / name).is_dir():
            (home / "var" / name).mkdir(mode=0o750, parents=True)
            made.append(f"var/{name}")
    return made


def _write(path: Path, text: str, mode: int) -> list[str]:
    """Make a file that was not there, never readable by more than `mode` says; [] when it is there."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    except FileExistsError:
        return []
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return [path.name]


def settings_text(ports: dict[str, int]) -> str:
    """cti.toml: the chosen ports, and every other option as a comment with its default."""
    lines = ["# This instance's own settings. An option that begins with # has its default.", ""]
    for option in fields(Config):
        if option.name in ("home", "secrets"):
            continue
        chosen = option.name in PORTS
        value = ports[option.name] if chosen else option.default
        shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
        if value == ():
            shown = "{}" if option.name in TABLES else "[]"
        lines += [f"# {option.metadata['help']}", f"{'' if chosen else '# '}{option.name} = {shown}"]
    return "\n".join(lines) + "\n"


def secrets_text() -> str:
    """secrets.toml with new random secrets."""
    lines = [f'{option.name} = "{secrets.token_hex(24)}"' for option in fields(Secrets) if option.name != "trunks"]
    lines += ["", "# [trunks]  # passwords at SIP providers: the trunk's name in site.yaml", '# itsp = "…"']
    return "# Generated; keep it out of git and readable by nobody else.\n" + "\n".join(lines) + "\n"

"""What every command that ships needs: this instance's files, its Asterisk and its history, put together.

It knows where each part comes from (config, rows, site, git); the order of shipping is `cti.ship`.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import PbxError
from ..pbx.find import Installation, find_asterisk
from ..pbx.folders import dirs_of, make_folders
from ..render.agent_sounds import make_agent_sounds
from ..render.greetings import make_greetings
from ..render.inputs import layout
from ..render.prompts import make_sounds
from ..render.render import Renderer
from ..ship.console import Console
from ..ship.history import History, Version
from ..ship.masking import Mask, secrets_in
from ..ship.origin import Origins
from ..ship.shipping import Asterisk, Cargo, Shipped, Shipping, json_of
from ..ship.words import changes, plain
from ..site.files import files_of
from ..site.model import Site
from .phone_cards import phones_of
from .running import tell_engine
from .speech import speech_for

Say = Callable[[str], None]
Start = Callable[[], None] | None
SAY_SECONDS = 0.5


def installed(config: Config) -> Installation:
    """The Asterisk that the files are for. Raises PbxError when there is none."""
    installation = find_asterisk(config)
    if installation is None:
        raise PbxError("there is no Asterisk on this machine yet; bring one with: cti pbx fetch")
    return installation


def render_files(config: Config, site: Site, installation: Installation) -> dict[str, str]:
    """Every file's text, for the phones that the agents have now."""
    placed = dirs_of(config, installation) if config.pbx == "private" else None
    return Renderer(config, installation, placed=placed).render(site, phones_of(config))


def history_of(config: Config) -> History:
    """The instance's versions."""
    return History(config.var / "history")


def asterisk_of(config: Config, installation: Installation) -> Asterisk:
    """The instance's Asterisk, as shipping sees it."""
    return Console(config, installation)


def shipping_of(
    config: Config, installation: Installation, say: Say, start: Callable[[], None] | None = None
) -> Shipping:
    """The way into place."""
    data = layout(config, installation.modules).data
    return Shipping(history_of(config), config.etc, data, asterisk_of(config, installation), say, start)


def mask_of(config: Config, *sites: Mapping[str, Any]) -> Mask:
    """Hides the instance's secrets, and those of these sites (plain values)."""
    found = [getattr(config.secrets, each.name) for each in fields(config.secrets)]
    own = [one for each in found for one in (each.values() if isinstance(each, Mapping) else (each,))]
    return Mask([*own, *(secret for site in sites for secret in secrets_in(site))])


def mend(config: Config, installation: Installation, say: Say) -> None:
    """Undo what a killed apply left, before anything reads it."""
    shipping_of(config, installation, say).mend()


def ship(
    config: Config,
    site: Site,
    *,
    say: Say,
    message: str = "",
    accepted: Sequence[str] = (),
    start: Start = None,
) -> Shipped:
    """Everything from the site to an Asterisk that is proven to have it; then the engine is told."""
    installation = installed(config)
    shipping = shipping_of(config, installation, say, start)
    done = shipping.ship(lambda: cargo_of(config, site, installation, say, message, accepted))
    if done.reloaded and tell_engine(config):  # a new queue has no members until the engine sees that it is there
        say("the engine reads site.yaml again")
    return done


def cargo_of(
    config: Config, site: Site, installation: Installation, say: Say, message: str = "", accepted: Sequence[str] = ()
) -> Cargo:
    """What this site makes of the instance now."""
    values = plain(site)
    head = history_of(config).head()
    words = changes(history_of(config).site(head), values) if head else ()
    files = render_files(config, site, installation)
    return Cargo(
        version=Version(who=who(), message=message, commit=commit_of(config.home), words=words, accepted=accepted),
        files=files,
        parts={"site.json": json_of(values), **site_parts(config)},
        make_sounds=lambda: sounds_of(config, site, installation, say),
        origin=lambda file, line: origins_of(config, installation).of(file, files.get(file, ""), line),
    )


def site_parts(config: Config) -> dict[str, bytes]:
    """site.yaml and what it includes, for the history."""
    found = (path for path in files_of(config.site_file) if path.is_file())
    return {f"site/{path.relative_to(config.home)}": path.read_bytes() for path in found}


def origins_of(config: Config, installation: Installation) -> Origins:
    """Where this instance's lines come from."""
    return Origins(Renderer(config, installation).folders, config.site_file)


def sounds_of(config: Config, site: Site, installation: Installation, say: Say) -> bool:
    """Make every sound of the site; whether the music is another one."""
    if config.pbx == "private":
        make_folders(config, installation)
    data = layout(config, installation.modules).data
    speech, cache = speech_for(config, installation), config.var / "cache" / "prompts"
    made = make_sounds(site, data, cache, speech, progress_of_sounds(say))
    make_agent_sounds(site, data, cache, speech)
    make_greetings(site, phones_of(config), config.voicemail, cache, speech)
    for warning in made.warnings:
        say(warning)
    return data / "moh" / "default" / "melody.wav" in made.changed


def progress_of_sounds(say: Say) -> Callable[[int, int, str], None]:
    """Says how far it is each half second; nothing when every sound is in the cache."""
    last = time.monotonic()

    def progress(done: int, of_all: int, _: str) -> None:
        nonlocal last
        if time.monotonic() - last > SAY_SECONDS:
            last = time.monotonic()
            say(f"sounds: {done} of {of_all}")

    return progress


def who() -> str:
    """Who gives the command: behind sudo, the person."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def commit_of(home: Path) -> str:
    """The git commit whose site.yaml this is, with `+` when something of the home differs from it; "" without git."""

    def git(*words: str) -> str | None:
        environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
        argv = ["git", "-C", str(home), *words]
        try:
            ran = subprocess.run(argv, capture_output=True, text=True, timeout=5, check=False, env=environment)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return ran.stdout.strip() if ran.returncode == 0 else None

    if not git("ls-files", "--", "site.yaml"):
        return ""
    commit, changed = git("rev-parse", "--short=12", "HEAD"), git("status", "--porcelain", "--", ".")
    return f"{commit}{'+' if changed else ''}" if commit else ""

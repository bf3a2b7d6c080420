"""`cti prompt record`: a one-time code, a call from any agent's phone, a file in HOME/sounds.

It knows the conversation with the dialplan (dialplan/_prompts.j2), held in AstDB so that it needs no engine; the sound
is Asterisk's, the judgement on it `cti.render.loudness`'s. A kept recording belongs to the site: git sees it, and
site.yaml names it.
"""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from ..config import Config, load_config
from ..errors import PbxError, Refused, RenderError, UsageError
from ..pbx.find import Installation, find_asterisk
from ..pbx.process import command
from ..render.loudness import listen
from ..render.sound import opened, read_sound
from ..render.sound_cache import put
from ..site.fields import NAME, NAME_HINT
from ..site.load import load_site
from ..site.model import Site

FAMILY = "cti-record"
LOOK_SECONDS = 1.0
_DIGITS = 6
_VALUE = re.compile(r"Value:\s*(open|busy|kept|cancelled)(?::(.*))?\s*")


@dataclass(frozen=True, slots=True)
class Codes:
    """One-time codes in AstDB: `open:<until>`, `busy:<until>`, `kept:<file>`, `cancelled` (until: epoch)."""

    config: Config
    installation: Installation

    def new(self, seconds: int) -> str:
        """A code that no one else has, open for so long."""
        while True:
            code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
            if not self.state(code)[0]:
                self._ask(f"put {FAMILY} {code} open:{int(time.time()) + seconds}")
                return code

    def state(self, code: str) -> tuple[str, str]:
        """What has become of it, and until when or where; ("", "") for none."""
        found = _VALUE.search(self._ask(f"get {FAMILY} {code}"))
        return (found[1], (found[2] or "").strip()) if found else ("", "")

    def end(self, code: str) -> None:
        """From now on nobody can use it."""
        self._ask(f"del {FAMILY} {code}")

    def _ask(self, words: str) -> str:
        return command(self.config, self.installation, f"database {words}")


@click.command()
@click.argument("name")
@click.option("--language", help="Which language is spoken; default: the site's first.")
@click.option(
    "--minutes", type=click.IntRange(1, 60), default=10, show_default=True, help="How long the code is valid."
)
@click.option("--replace", is_flag=True, help="There is a recording of that name; put the new one in its place.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end; the code comes on stderr.")
@click.pass_obj
def record(home: Path, name: str, language: str | None, minutes: int, replace: bool, as_json: bool) -> None:
    """Record the prompt NAME by telephone: prints a code to dial from any agent's phone, and waits for the sound.

    After the tone speak, and end with #. You hear it: 1 keeps it, 2 records again, 3 cancels. A kept recording is
    HOME/sounds/LANGUAGE/NAME.wav; the line for site.yaml is printed. Ctrl-C withdraws the code.
    """
    config = load_config(home)
    site = load_site(config.site_file)
    chosen = language or site.site.languages[0]
    target = target_of(config, site, name, chosen, replace)
    codes = Codes(config, _installed(config))
    (config.var / "prompts").mkdir(mode=0o750, parents=True, exist_ok=True)
    with _code(codes, minutes * 60) as code:
        dial = f"dial {site.feature_codes.record_prompt}{code} on any agent's phone within {minutes} min"
        click.echo(f"{dial}; then say: {words_of(site, name, chosen) or name}", err=as_json)
        seconds = _keep(_kept(codes, code), config.var / "prompts", target)
    lines = lines_for(site, name, chosen, target.relative_to(config.home))
    if as_json:
        told = {"file": str(target), "seconds": seconds, "site_yaml": lines}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"{seconds:.1f} s in {target}")
    click.echo("\n".join(("in site.yaml, under prompts:", *lines) if lines else ()), nl=bool(lines))
    click.echo("then: cti dialplan apply")


def target_of(config: Config, site: Site, name: str, language: str, replace: bool) -> Path:
    """Where the recording will be. Raises UsageError for what cannot be recorded, Refused for a file that is there."""
    if not NAME.fullmatch(name):
        raise UsageError(f"{name[:60]!r} is not a prompt's name ({NAME_HINT})")
    if language not in site.site.languages:
        raise UsageError(f"{language!r} is not a language of the site: {', '.join(site.site.languages)}")
    if not site.feature_codes.record_prompt:
        raise UsageError("feature_codes: record_prompt is none in site.yaml; give it a code, such as *17")
    target = config.home / "sounds" / language / f"{name}.wav"
    if target.exists() and not replace:
        raise Refused(f"{target} exists; --replace puts the new recording in its place")
    return target


@contextmanager
def _code(codes: Codes, seconds: int) -> Iterator[str]:
    code = codes.new(seconds)
    try:
        yield code
    except KeyboardInterrupt:
        raise Refused("withdrawn: nothing was recorded") from None
    finally:
        with suppress(PbxError):
            codes.end(code)
        for left in (codes.config.var / "prompts").glob(f"{code}-*"):  # cancelled, or of a call that was cut off
            left.unlink(missing_ok=True)


def _kept(codes: Codes, code: str) -> Path:
    """The recording, once it is kept. Raises Refused when it never is."""
    state, until = codes.state(code)
    while state in ("open", "busy") and time.time() < int(until or 0):
        time.sleep(LOOK_SECONDS)
        before, (state, until) = state, codes.state(code)
        if state == "busy" != before:
            click.echo("somebody is recording", err=True)
    if state == "kept":
        return Path(until)
    raise Refused("cancelled: nothing was kept" if state == "cancelled" else "nobody has called; nothing was recorded")


def _keep(recorded: Path, folder: Path, target: Path) -> float:
    """Move a recording into its place; its seconds. Raises RenderError for one that cannot be a prompt."""
    source = folder / f"{recorded.name}.wav16"
    if recorded.parent != folder:
        raise RenderError(f"{recorded} is not in {folder}")
    sound = read_sound(source, "the recording")
    heard = listen(sound)
    if heard.refused:
        source.unlink(missing_ok=True)
        raise RenderError(f"the recording is {heard.refused}")
    for warning in heard.warnings:
        click.echo(f"warning: the recording is {warning}", err=True)
    with opened(source, "the recording"):
        put(target, source.read_bytes())
    source.unlink()
    return round(sound.seconds, 2)


def words_of(site: Site, name: str, language: str) -> str:
    """What the prompt says, as site.yaml has it."""
    found = site.prompts.get(name)
    return found.spoken[found.language_for(language, site.site.languages)].text if found else ""


def lines_for(site: Site, name: str, language: str, file: Path) -> list[str]:
    """What site.yaml must say under `prompts:` for the recording to be heard; [] when it says so already."""
    found = site.prompts.get(name)
    spoken = dict(found.spoken) if found else {}
    own = spoken.get(language) or spoken.get("")
    if own is not None and own.file is not None and own.file.name == file.name and own.file.parent.name == language:
        return []
    texts = {each: spoken[each].text for each in site.site.languages if each in spoken and spoken[each].text}
    if "" in spoken and spoken[""].text:
        texts = dict.fromkeys(site.site.languages, spoken[""].text)
    lines = [f"  {name}:"]
    for each in dict.fromkeys((*site.site.languages, language)):
        said = f", text: {json.dumps(texts[each], ensure_ascii=False)}" if texts.get(each) else ""
        if each == language:
            lines.append(f"    {each}: {{file: {file}{said}}}")
        elif said:
            lines.append(f"    {each}: {said.removeprefix(', text: ')}")
    return lines


def _installed(config: Config) -> Installation:
    installation = find_asterisk(config)
    if installation is None:
        raise PbxError("there is no Asterisk on this machine yet; bring one with: cti pbx fetch")
    return installation

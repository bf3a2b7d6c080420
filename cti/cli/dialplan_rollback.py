"""`cti dialplan rollback`: Asterisk's files and prompts exactly as a version had them, shipped like any other change.

Rows and site.yaml stay as they are now: the command says what of now the old files do not know.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import click

from ..config import Config, load_config
from ..errors import CtiError, Refused
from ..pbx.find import Installation
from ..render.apply import plan
from ..render.inputs import layout
from ..ship.history import History, Version
from ..ship.rendered import sections
from ..ship.shipping import Cargo, Shipped, json_of
from ..ship.sounds import put_sounds_back
from ..ship.words import changes, plain
from ..site.load import load_site
from .dialplan_apply import print_shipped, shipped_json
from .rows import seen
from .running import tell_engine
from .shipping import history_of, installed, render_files, shipping_of, who


@click.command()
@click.argument("version", type=int, required=False)
@click.option("-m", "--message", default="", help="Why, for the history.")
@click.option("--dry-run", is_flag=True, help="Say what would change and what would be missing; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def rollback(home: Path, version: int | None, message: str, dry_run: bool, as_json: bool) -> None:
    """Put a version's files and prompts back (default: the one before), and prove them. They stay until an apply."""
    config = load_config(home)
    installation, history = installed(config), history_of(config)
    target = _target(history, version)
    files = history.files(target)
    missing = list(_missing(config, installation, history, target, files))
    say: Callable[[str], None] = (lambda text: click.echo(text, err=True)) if as_json else click.echo
    if dry_run:
        done = Shipped(changed=plan(files, config.etc))
    else:
        shipping = shipping_of(config, installation, say)
        done = shipping.ship(lambda: _cargo(config, installation, history, target, message))
        tell_engine(config)
    if as_json:
        values = {**shipped_json(done, dry_run), "rollback_to": target.number, "missing": missing}
        click.echo(json.dumps(values, ensure_ascii=False))
        return
    print_shipped(config, done, dry_run)
    for line in missing:
        click.echo(seen(line))


def _target(history: History, number: int | None) -> Version:
    if number is not None:
        return history.version(number)
    before = history.before_head()
    if before is None:
        raise Refused("there is no version before the one in place; see: cti dialplan history")
    return before


def _cargo(config: Config, installation: Installation, history: History, target: Version, message: str) -> Cargo:
    data = layout(config, installation.modules).data
    head, values = history.head(), history.site(target)
    words = changes(history.site(head), values) if head else []
    kind = "apply" if head and head.number == target.number else "rollback"  # its own edits are undone: nothing older

    def sounds() -> bool:
        put_sounds_back(history.sounds(target), data)
        return False

    return Cargo(
        version=Version(
            kind=kind,
            of=target.number,
            who=who(),
            message=message or f"as version {target.number}",
            commit=target.commit,
            words=words,
            accepted=target.accepted,
        ),
        files=history.files(target),
        parts={"site.json": json_of(values)}
        | {f"site/{name}": text.encode() for name, text in history.site_files(target).items()},
        make_sounds=sounds,
    )


def _missing(
    config: Config, installation: Installation, history: History, target: Version, files: Mapping[str, str]
) -> Iterator[str]:
    """What of now these files do not know. Raises Refused where they would shut the engine out."""
    if config.secrets.ami_password not in files.get("manager.conf", config.secrets.ami_password):
        raise Refused(
            f"version {target.number} has another AMI password than secrets.toml: the engine could not log in; "
            "put site.yaml back instead, then: cti dialplan apply"
        )
    try:
        site = load_site(config.site_file)
        now = render_files(config, site, installation)
    except CtiError as error:
        yield f"what of now is missing is not known: {str(error).splitlines()[0]}"
        return
    lost = _endpoints(now) - _endpoints(files)
    if lost:
        yield f"telephones of now that version {target.number} does not know: {', '.join(sorted(lost))}"
    words = changes(plain(site), history.site(target)) if history.site(target) else []
    if words:
        yield f"site.yaml stays as it is; version {target.number} differs from it in:"
        yield from (f"    {word}" for word in words)
        yield f"to get its text: cti dialplan history show {target.number} --file site.yaml"


def _endpoints(files: Mapping[str, str]) -> set[str]:
    found = sections(files.get("pjsip.conf", ""))
    return {section.name for section in found if section.get("type") == "endpoint" and not section.is_template}

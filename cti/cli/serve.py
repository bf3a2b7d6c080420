"""`cti serve`: the private Asterisk where there is one, the database's schema, then the supervisor until Ctrl-C.

Asterisk is left running at the end: calls in progress go on, and the native queues serve. `cti pbx down` stops it.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import click

from ..config import Config, load_config
from ..db.store import Store
from ..errors import CtiError, Refused
from ..pbx.process import find_pid, start
from ..site.load import load_site
from ..site.model import Site
from ..supervisor import Supervisor
from .running import running, tell_engine
from .shipping import history_of, installed, mend, ship


@click.command()
@click.option("--no-pbx", is_flag=True, help="Do not render files nor start the private Asterisk.")
@click.option("--reload", "reload_", is_flag=True, help="Tell the running engine to read site.yaml and agents again.")
@click.option("-v", "--verbose", is_flag=True, help="Log more.")
@click.pass_obj
def serve(home: Path, no_pbx: bool, reload_: bool, verbose: bool) -> None:
    """Run the engine (with its supervisor) until Ctrl-C."""
    config = load_config(home)
    if reload_:
        if not tell_engine(config):
            raise CtiError("no engine runs here; it reads site.yaml and agents when it starts: cti serve")
        return
    level = logging.DEBUG if verbose else logging.INFO
    logging.basicConfig(level=level, format="%(asctime)s serve %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    if other := running(config, "supervisor"):
        raise Refused(f"this instance is served already, by pid {other}; stop that one first")
    site = load_site(config.site_file)
    config.recordings.mkdir(parents=True, exist_ok=True)
    asyncio.run(_migrate(config))
    if config.pbx == "private" and not no_pbx:
        _into_place(config, site)
    click.echo(f"pages and API: http://{config.bind}:{config.web_port}/   log: this terminal")
    Supervisor(config).run()


async def _migrate(config: Config) -> None:
    async with Store(config.database_url):
        pass


def _into_place(config: Config, site: Site) -> None:
    """The site on a running Asterisk. One that is refused does not keep the last good one from serving."""
    installation, history = installed(config), history_of(config)

    def begin() -> None:
        start(config, installation, click.echo)

    mend(config, installation, click.echo)
    head = history.head()
    if head is not None and head.kind == "rollback":
        click.echo(f"version {head.of} was put back and stays; to ship site.yaml as it is now: cti dialplan apply")
    else:
        try:
            ship(config, site, say=click.echo, message="cti serve", start=begin)
        except CtiError as error:
            if head is None:
                raise
            for finding in getattr(error, "findings", ()):
                click.echo(finding)
            click.echo(f"site.yaml was not shipped: {error}; version {head.number} serves")
    if not find_pid(config):
        begin()

"""`cti dialplan graph`: the call flow as a picture. It knows what can be asked for; drawing is `cti.render`'s."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.flow import Place
from ..errors import NotFound
from ..render.flow_svg import svg
from ..render.flow_text import dot, mermaid
from ..site.flow import flow_of
from ..site.load import load_site
from ..site.model import Site
from .out_file import put


@click.command()
@click.option("--format", "form", type=click.Choice(["svg", "dot", "mermaid"]), default="svg", help="Default: svg.")
@click.option("--from", "did", default="", metavar="NUMBER", help="Only what callers of this number can come to.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write into this file; else print.")
@click.pass_obj
def graph(home: Path, form: str, did: str, out: Path | None) -> None:
    """Draw the call flow: every number, menu, queue and mailbox, and how they lead to each other."""
    site = load_site(home / "site.yaml")
    flow = flow_of(site)
    if did and Place("did", did) not in flow.nodes:
        raise NotFound(f"no number {did[:40]!r}; there are: {', '.join(site.numbers) or 'none'}")
    flow = flow.only([Place("did", did)]) if did else flow
    title = site.site.name
    text = {"dot": lambda: dot(flow, title), "mermaid": lambda: mermaid(flow)}.get(
        form, lambda: svg(flow, title, lambda name: _words(site, name))
    )()
    if out is None:
        click.echo(text, nl=False)
        return
    put(out, text.encode())
    click.echo(f"{len(flow.nodes)} places in {out}")


def _words(site: Site, name: str) -> str:
    """What a prompt says in the site's first language; a recording without words by its name."""
    prompt = site.prompts.get(name)
    if prompt is None:
        return name
    first = site.site.languages[0]
    return prompt.spoken[prompt.language_for(first, site.site.languages)].text or name

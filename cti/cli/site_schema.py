"""`cti site schema`: what editors need to know of site.yaml. It prints; the schema is made in `cti.site`."""

from __future__ import annotations

import json

import click


@click.command()
def schema() -> None:
    """Print the JSON Schema (2020-12) of site.yaml and of the files that it includes.

    `cti init` writes it beside site.yaml as site.schema.json, where editors find it by the first line of site.yaml;
    write it anew after an upgrade: cti site schema > site.schema.json
    """
    click.echo(schema_text(), nl=False)


def schema_text() -> str:
    """The schema with the descriptions from the demo site."""
    from ..site.described import describe  # imported here: no other command needs them
    from ..site.schema import site_schema

    return json.dumps(site_schema(describe), ensure_ascii=False, indent=1) + "\n"

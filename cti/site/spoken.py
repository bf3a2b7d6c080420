"""Prompts as written: a text to speak or a WAV file, per language or for all of them.

It knows the three spellings and looks whether the file is there; it refuses to read sound or to speak.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from .fields import Context, Fields, scalar
from .model import Prompt, Spoken
from .reading import entries, is_null, nearest, shown

MAX_TEXT = 2000  # characters, about ten minutes of speech


def read_prompt(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> Prompt:
    """`name: text`, `name: {file: x.wav}` or `name: {zh: …, en: …}`, each `…` a text or {text: …} or {file: …}."""
    what = f"prompt {key.value}"
    keys = (
        {k.value for k, _ in node.value if isinstance(k, yaml.ScalarNode)}
        if isinstance(node, yaml.MappingNode)
        else set()
    )
    if isinstance(node, yaml.ScalarNode) or keys & {"text", "file"}:
        return Prompt(name=key.value, spoken={"": _read_spoken(ctx, key, node, what)})
    spoken = {}
    for language, value in entries(node, what, ctx.mistakes):
        if language.value not in ctx.languages:
            hint = f"{nearest(language.value, ctx.languages)}; languages are listed in site: languages"
            ctx.wrong(language, f"{what}: {shown(language.value)} is not a language of the site", hint)
        spoken[language.value] = _read_spoken(ctx, language, value, f"{what}: {language.value}")
    first = ctx.languages[0]
    if first not in spoken and (isinstance(node, yaml.MappingNode) or is_null(node)):
        others = "the other languages fall back to it"
        ctx.wrong(key, f"{what} is missing in {first}, the site's first language", others)
    return Prompt(name=key.value, spoken=spoken)


def _read_spoken(ctx: Context, key: yaml.ScalarNode, node: yaml.Node, what: str) -> Spoken:
    if not isinstance(node, yaml.MappingNode):
        return Spoken(text=scalar(ctx, node, what, MAX_TEXT))
    fields = Fields(ctx, node, what, key)
    text, name = fields.text("text", most=MAX_TEXT), fields.text("file")
    fields.done()
    if ("text" in fields.values) == ("file" in fields.values):
        ctx.wrong(key, f"{what} needs text or file", "one of the two")
    return Spoken(text=text, file=_find(ctx, fields.values["file"][1], name, what) if name else None)


def _find(ctx: Context, node: yaml.Node, name: str, what: str) -> Path | None:
    """The absolute path of a WAV file below the folder of site.yaml."""
    folder = ctx.folder.resolve()
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            ctx.wrong(node, f"{what}: {shown(name)} lies outside {folder}", "copy it beside site.yaml")
        elif path.suffix.lower() != ".wav":
            ctx.wrong(node, f"{what}: {shown(name)} is not a .wav file", "convert it to 16-bit PCM WAV, any rate")
        elif not path.is_file():
            ctx.wrong(node, f"{what}: there is no file {shown(name)}", f"looked in {folder}")
        else:
            return path
    except OSError as error:
        ctx.wrong(node, f"{what}: {shown(name)}: {error.strerror}")
    return None

"""Prompts as written: a text to speak, a recording or both, per language or for all of them.

It knows the three spellings and looks whether the file is there; it refuses to read sound or to speak.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import yaml

from .fields import Context, Fields, scalar
from .model import Prompt, Spoken
from .reading import entries, is_null, nearest, shown

MAX_TEXT = 2000  # characters, about ten minutes of speech
# What `render.sound` reads; by name here, so that a video or a note is refused where it was written.
_SOUNDS = "wav wav16 flac ogg oga opus mp3 aiff aif au caf w64 gsm sln sln16 raw ulaw ul mu pcm alaw al alw"
SUFFIXES = frozenset(f".{name}" for name in _SOUNDS.split())


def read_prompt(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> Prompt:
    """`name: text`, `name: {file: x.wav}` or `name: {zh: …, en: …}`, each `…` a text or {text: …, file: …}."""
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
    where = ctx.mistakes.place(key)
    if not isinstance(node, yaml.MappingNode):
        return Spoken(text=scalar(ctx, node, what, MAX_TEXT), where=where)
    fields = Fields(ctx, node, what, key)
    text, name = fields.text("text", most=MAX_TEXT), fields.text("file")
    fields.done()
    if not fields.values.keys() & {"text", "file"}:
        ctx.wrong(
            key, f"{what} needs text, file or both", "with both, the file is played and the text says what is in it"
        )
    return Spoken(text=text, file=_find(ctx, fields.values["file"][1], name, what) if name else None, where=where)


def _find(ctx: Context, node: yaml.Node, name: str, what: str) -> Path | None:
    """The absolute path of a sound file below the folder of site.yaml."""
    folder = ctx.folder.resolve()
    try:
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            ctx.wrong(node, f"{what}: {shown(name)} lies outside {folder}", "copy it beside site.yaml")
        elif path.suffix.lower() not in SUFFIXES:
            hint = "WAV, FLAC, Ogg, Opus, MP3, AIFF, AU, or raw .gsm .ulaw .alaw .sln .sln16"
            ctx.wrong(node, f"{what}: {shown(name)} is not named as a sound file", hint)
        elif not path.exists():
            ctx.wrong(node, f"{what}: there is no file {shown(name)}", f"looked in {folder}")
        elif not stat.S_ISREG(path.stat().st_mode):
            ctx.wrong(node, f"{what}: {shown(name)} is not a regular file", "a recording, not a folder, pipe or device")
        elif not os.access(path, os.R_OK):
            ctx.wrong(node, f"{what}: {shown(name)} cannot be read", f"mend its rights: chmod 644 {path}")
        else:
            return path
    except (OSError, ValueError, RuntimeError) as error:  # a name that is too long, NUL in it, a ring of links
        ctx.wrong(node, f"{what}: {shown(name)}: {getattr(error, 'strerror', None) or error}")
    return None

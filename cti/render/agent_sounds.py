"""What agents hear after a feature code, in the site's first language: `sounds/<language>/cti-agent/<name>.wav`.

It knows the texts that we ship and the chimes that stand in for them on a machine without a speech program; a prompt of
the same name in site.yaml takes a text's place. Which one is played, the engine says (`engine.feature`).
"""

from __future__ import annotations

import math
from array import array
from pathlib import Path
from typing import NamedTuple

from ..errors import RenderError
from ..site.model import Site, Spoken
from .inputs import Tool
from .prompts import make_sound
from .sound import RATE, write_wav

FOLDER = "cti-agent"


class Said(NamedTuple):
    """One prompt: whether it is good news, and its words."""

    good: bool
    zh: str
    en: str


SAID = {
    "agent_logged_in": Said(True, "您已登录，可以接听来电。", "You are logged in and will receive calls."),
    "agent_logged_out": Said(True, "您已退出登录。", "You are logged out."),
    "agent_paused": Said(True, "您已暂停接听。", "You are paused."),
    "agent_unpaused": Said(True, "您已恢复接听。", "You will receive calls again."),
    "agent_wrapped_up": Said(True, "话后处理已结束。", "Your wrap-up has ended."),
    "agent_after_call": Said(True, "将在本次通话结束后生效。", "This takes effect after your call."),
    "agent_refused": Said(False, "现在无法执行此操作。", "That is not possible now."),
    "agent_unavailable": Said(
        False, "系统暂时无法处理，请稍后再试。", "The system is not available. Please try again later."
    ),
}
_CHIMES = {True: (659.3, 880.0), False: (440.0, 311.1)}  # Hz: up is yes, down is no


def make_agent_sounds(site: Site, data: Path, cache: Path, tool: Tool | None) -> list[Path]:
    """Make every one of them below Asterisk's data folder; returns the files that changed. Raises RenderError."""
    folder = data / "sounds" / site.site.languages[0] / FOLDER
    return [path for name in SAID if _make(path := folder / f"{name}.wav", site, cache, tool)]


def _make(path: Path, site: Site, cache: Path, tool: Tool | None) -> bool:
    first, said, own = site.site.languages[0], SAID[path.stem], site.prompts.get(path.stem)
    if own is not None:
        key = own.language_for(first, site.site.languages)
        return make_sound(path, key or first, own.spoken[key], cache, tool)
    chinese = first.partition("_")[0] == "zh"
    try:
        spoken = Spoken(text=said.zh if chinese else said.en)
        return make_sound(path, first if chinese else "en", spoken, cache, tool)
    except RenderError:
        if tool is not None and tool.argv:
            raise
    return _chime(path, said.good)


def _chime(path: Path, good: bool) -> bool:
    """Two struck tones."""
    sound: list[float] = []
    for hertz in _CHIMES[good]:
        angle = 2 * math.pi * hertz / RATE
        sound += [math.sin(angle * n) * math.exp(-6.0 * n / RATE) * min(1.0, n / 80) for n in range(RATE // 3)]
    wav = write_wav(array("h", (round(sample * 9000) for sample in sound)))
    try:
        if path.is_file() and path.read_bytes() == wav:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wav)
    except OSError as error:
        raise RenderError(f"{path}: {error.strerror}") from error
    return True

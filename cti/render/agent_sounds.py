"""What agents hear after a feature code, in the site's first language: `sounds/<language>/cti-agent/<name>.wav`.

It knows the texts that we ship and the chimes that stand in for them on a machine without a speech program; a prompt of
the same name in site.yaml takes a text's place. Which one is played, the engine says (`engine.feature`).
"""

from __future__ import annotations

import math
from array import array
from pathlib import Path
from typing import NamedTuple

from ..site.model import Site, Spoken
from .prompts import Source, make_sound, source_for
from .sound import SUFFIXES, write_wav
from .sound_cache import put
from .speech import Speech

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
    "agent_record": Said(
        True, "请在提示音后录音，按井号键结束。", "Record the prompt after the tone, and press pound to end."
    ),
    "agent_record_choose": Said(
        True,
        "保存请按 1，重录请按 2，取消请按 3。",
        "To keep it, press 1. To record again, press 2. To cancel, press 3.",
    ),
    "agent_record_kept": Said(True, "已保存。", "Your recording is kept."),
    "agent_record_cancelled": Said(True, "已取消。", "Cancelled. Nothing was kept."),
    "agent_record_refused": Said(
        False, "录音代码无效或已过期。", "This recording code is not valid, or no longer valid."
    ),
    "schedule_pin": Said(True, "请输入密码，以井号键结束。", "Enter the PIN, then press the pound key."),
    "schedule_menu": Said(
        True,
        "本时段内营业请按 1，本时段内休息请按 2，一直营业请按 3，一直休息请按 4，恢复时间表请按 0。",
        "For open until the hours change, press 1. For closed until the hours change, press 2. "
        "For open until undone, press 3. For closed until undone, press 4. For the hours as written, press 0.",
    ),
    "schedule_open": Said(True, "现在是营业状态。", "We are open now."),
    "schedule_closed": Said(True, "现在是休息状态。", "We are closed now."),
}
_BEEP = (1000.0,)  # Hz, before a recording
_CHIMES = {True: (659.3, 880.0), False: (440.0, 311.1)}  # Hz: up is yes, down is no


def make_agent_sounds(site: Site, data: Path, cache: Path, speech: Speech | None) -> list[Path]:
    """Make every one of them below Asterisk's data folder; returns the files that changed. Raises RenderError."""
    folder = data / "sounds" / site.site.languages[0] / FOLDER
    made = [path for name in SAID for path in _make(folder / name, site, cache, speech)]
    made += _chime(folder / "agent_beep", _BEEP)
    return made + _remove_others(data, folder)


def _remove_others(data: Path, folder: Path) -> list[Path]:
    """What we no longer say, and what we said before the site's first language became another one."""
    said = {f"{name}{suffix}" for name in (*SAID, "agent_beep") for suffix in SUFFIXES.values()}
    files = sorted((data / "sounds").glob(f"*/{FOLDER}/*"))
    others = [file for file in files if file.parent != folder or file.name not in said]
    for file in others:
        file.unlink(missing_ok=True)
    return others


def _make(stem: Path, site: Site, cache: Path, speech: Speech | None) -> list[Path]:
    first, said, own = site.site.languages[0], SAID[stem.name], site.prompts.get(stem.name)
    if own is not None:
        return make_sound(stem, source_for(site, own, first), cache, speech)
    if speech is None:
        return _chime(stem, _CHIMES[said.good])
    chinese = first.partition("_")[0] == "zh"
    spoken = Spoken(text=said.zh if chinese else said.en)
    return make_sound(stem, Source(stem.name, first if chinese else "en", spoken), cache, speech)


def _chime(stem: Path, tones: tuple[float, ...]) -> list[Path]:
    """Struck tones, at every rate: an old file of the other rate would be heard instead."""
    changed = []
    for rate, suffix in SUFFIXES.items():
        sound: list[float] = []
        for hertz in tones:
            seconds = [n / rate for n in range(rate // 3)]
            sound += [math.sin(2 * math.pi * hertz * t) * math.exp(-6.0 * t) * min(1.0, t * 100) for t in seconds]
        path = stem.with_name(stem.name + suffix)
        if put(path, write_wav(array("h", (round(sample * 9000) for sample in sound)), rate)):
            changed.append(path)
    return changed

"""What mailboxes say until somebody records another greeting: `unavail.wav` and `busy.wav` in the box's own folder.

It knows the texts that we ship; a prompt of the same name in site.yaml takes a text's place. It refuses to replace a
greeting that is there: it may have been recorded by phone (app_voicemail keeps those under the same names). Without
them Asterisk would spell the box's name, in English.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..site.model import Site, Spoken
from .inputs import PhoneCard
from .prompts import Source, made_source, source_for
from .sound import RATE, SUFFIXES
from .sound_cache import SoundCache, put
from .speech import Speech

# file -> (prompt, zh, en)
_SHIPPED = {
    "unavail": (
        "voicemail_unavailable",
        "您好，我们暂时无法接听您的电话。请在提示音后留言，留言结束后请挂机或按井号键。",
        "We cannot take your call at the moment. Please leave a message after the tone, then hang up or press pound.",
    ),
    "busy": (
        "voicemail_busy",
        "您好，您拨打的座席正在通话中。请在提示音后留言，留言结束后请挂机或按井号键。",
        "The line is busy. Please leave a message after the tone, then hang up or press the pound key.",
    ),
}


def make_greetings(
    site: Site, phones: Iterable[PhoneCard], voicemail: Path, cache: Path, speech: Speech | None
) -> list[Path]:
    """Give every box that has none its greetings; returns the files that were made. `voicemail`: the spool's folder.

    Raises RenderError. Without a speech program nothing is made, as Asterisk can speak for itself.
    """
    boxes = [voicemail / "default" / name for name in site.voicemail]
    boxes += [voicemail / "agents" / phone.agent for phone in phones if phone.mailbox_pin]
    wanted = [box / f"{name}{SUFFIXES[RATE]}" for box in boxes for name in _SHIPPED]
    return [path for path in wanted if not path.exists() and _make(path, site, cache, speech)]


def _make(path: Path, site: Site, cache: Path, speech: Speech | None) -> bool:
    """At 8 kHz only, as a recording by phone is: a wideband file beside it would be heard instead of that."""
    name, zh, en = _SHIPPED[path.stem]
    first, own = site.site.languages[0], site.prompts.get(name)
    chinese = first.partition("_")[0] == "zh"
    shipped = Source(name, first if chinese else "en", Spoken(text=zh if chinese else en))
    if own is None and speech is None:
        return False
    made = made_source(source_for(site, own, first) if own else shipped, SoundCache(cache), speech)
    return put(path, made.files[RATE].read_bytes())

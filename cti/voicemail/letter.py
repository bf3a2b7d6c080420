"""The e-mail that tells of a message, with its sound.

It knows the words and what a mail program may see; it sends nothing. What a caller could write (number, name) goes into
headers and text through `email.message`, which refuses line ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path
from zoneinfo import ZoneInfo

from ..core.voicemail import Message
from .sound import playable

_WORDS = {
    "zh": {
        "subject": "{box} 的语音留言：{who}，{seconds} 秒",
        "withheld": "号码隐藏",
        "lines": (
            "来电：{who}",
            "时间：{at}",
            "时长：{seconds} 秒",
            "队列：{queue}",
            "被叫号码：{did}",
            "留言编号：{id}",
        ),
    },
    "en": {
        "subject": "Voicemail for {box}: {who}, {seconds} s",
        "withheld": "number withheld",
        "lines": (
            "From: {who}",
            "Received: {at}",
            "Length: {seconds} seconds",
            "Queue: {queue}",
            "Number dialled: {did}",
            "Message: {id}",
        ),
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """Who writes, in which language and time zone."""

    sender: str
    site: str
    language: str
    zone: ZoneInfo


def letter(message: Message, sound: Path, head: Letterhead) -> EmailMessage:
    """The whole e-mail. Raises NotFound when the sound is gone."""
    words = _WORDS["zh" if head.language.partition("_")[0] == "zh" else "en"]
    who = " ".join(part for part in (message.number, message.name) if part) or str(words["withheld"])
    at = message.received.astimezone(head.zone)
    said = {"who": who, "box": message.box, "seconds": round(message.seconds), "id": message.id}
    said |= {"at": f"{at:%Y-%m-%d %H:%M}", "queue": message.queue or "-", "did": message.did or "-"}
    user, _, domain = head.sender.rpartition("@")
    mail = EmailMessage()
    mail["From"] = Address(display_name=head.site, username=user, domain=domain)
    mail["To"] = message.mail_to
    mail["Subject"] = str(words["subject"]).format(**said)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = make_msgid(message.id, domain)  # the random part: a copy of a spool may be mailed elsewhere
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(str(line).format(**said) for line in words["lines"]) + "\n")
    mail.add_attachment(playable(sound), maintype="audio", subtype="wav", filename=f"{message.id}.wav")
    return mail

"""A message in a mailbox, and its story: found, moved, deleted, mailed. A pure fold of the voicemail journal's lines.

It knows which folders count as what and what becomes of a message; it knows no file, no row, no clock. The sound itself
stays where Asterisk keeps it (`cti.voicemail.spool`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from .journal import JournalLine, in_written_order

NEW_FOLDERS = ("INBOX", "Urgent")
GONE_FOLDERS = ("", "Deleted")
AGENTS = "agents"  # the context of agents' boxes; the site's are in `default`


class MessageState(StrEnum):
    """What became of the sound: nobody heard it, somebody did, it was put away, it is deleted."""

    NEW = "new"
    HEARD = "heard"
    SAVED = "saved"
    DELETED = "deleted"


class MailState(StrEnum):
    """Of the e-mail: none is wanted, it is on its way, it arrived at our mail server, it was given up."""

    NONE = ""
    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message. `conversation` is the call that left it, `queue` the queue that this call came from ("" = none);
    `folder` is Asterisk's ("" = no longer there); `number` "" = withheld; `mail_to` "" = not mailed."""

    id: str
    box: str
    context: str
    folder: str
    received: datetime
    seconds: float
    number: str = ""
    name: str = ""
    did: str = ""
    queue: str = ""
    conversation: str = ""
    mail_to: str = ""
    mail: MailState = MailState.NONE
    mail_error: str = ""

    @property
    def state(self) -> MessageState:
        return state_of(self.folder)


def state_of(folder: str) -> MessageState:
    """What a folder says: INBOX and Urgent are new, Old is heard, any other one was chosen by a listener."""
    if folder in GONE_FOLDERS:
        return MessageState.DELETED
    if folder in NEW_FOLDERS:
        return MessageState.NEW
    return MessageState.HEARD if folder == "Old" else MessageState.SAVED


def fold_message(lines: Iterable[JournalLine]) -> Message | None:
    """All lines of one message -> it; None when nothing tells of its beginning. Saying it twice is saying it once."""
    told = in_written_order(list(lines))
    first = next((line for line in told if line.kind == "message"), None)
    if first is None:
        return None
    message = _begun(first)
    for line in told:
        match line.kind:
            case "message" | "message_moved":
                message = replace(message, folder=_text(line, "folder"))
            case "mailed" if message.mail_to:
                state = MailState.SENT if line.data.get("sent") else MailState.FAILED
                message = replace(message, mail=state, mail_error=_text(line, "error"))
            case _:
                pass
    return message


def _begun(line: JournalLine) -> Message:
    at, mail_to = line.data.get("received"), _text(line, "mail_to")
    return Message(
        id=line.leg,
        box=_text(line, "box"),
        context=_text(line, "context"),
        folder=_text(line, "folder"),
        received=_instant(at) or line.at,
        seconds=_seconds(line.data.get("seconds")),
        number=_text(line, "number"),
        name=_text(line, "name"),
        did=_text(line, "did"),
        queue=_text(line, "queue"),
        conversation=_text(line, "conversation"),
        mail_to=mail_to,
        mail=MailState.WAITING if mail_to else MailState.NONE,
    )


def _text(line: JournalLine, name: str) -> str:
    value = line.data.get(name)
    return value if isinstance(value, str) else ""


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 86_400 else 0.0


def _instant(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None

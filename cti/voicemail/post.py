"""Hands e-mails of messages to the mail server, and tries again when it would not take them.

It knows SMTP and what its answers mean for a retry; it refuses to know rows: what is waiting comes in, what became of
it goes into the journal of messages. A mail is told as sent only after the server took it, so one may come twice when
we are killed in between, and none is lost. Sending happens in a thread; no call ever waits for it.
"""

from __future__ import annotations

import asyncio
import logging
import smtplib
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

from ..config import Config
from ..core.voicemail import Message
from ..errors import CtiError
from .letter import Letterhead, letter
from .spool import find
from .watch import MAIL_DAYS, Lines

log = logging.getLogger(__name__)
SMTP_SECONDS = 30.0  # for each answer of the server
PAUSES = (60, 300, 900, 3600)  # seconds before the next attempt; the last one repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in. `security`: none, starttls or tls; without a `user` nobody logs in."""

    host: str
    port: int
    security: str = "none"
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, config: Config) -> MailServer:
        """The instance's own; without an `smtp_host` there is none to send to."""
        return cls(
            host=config.smtp_host,
            port=config.smtp_port,
            security=config.smtp_security,
            user=config.smtp_user,
            password=config.secrets.smtp_password,
        )

    def send(self, mail: EmailMessage) -> None:
        """Raises smtplib.SMTPException, OSError."""
        context = ssl.create_default_context()
        if self.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=SMTP_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=SMTP_SECONDS)
        with server:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
            server.send_message(mail)


@dataclass(slots=True)
class Post:
    """`step(now)` sends what is due. `waiting` reads the messages whose mail is on its way."""

    root: Path
    journal: Lines
    waiting: Callable[[], Awaitable[Sequence[Message]]]
    server: Callable[[EmailMessage], None]
    head: Callable[[], Letterhead]
    _next: dict[str, tuple[datetime, int]] = field(default_factory=dict)  # id -> due, attempts so far
    _over: set[str] = field(default_factory=set)  # told, and perhaps not in the rows yet

    async def step(self, now: datetime) -> int:
        """How many mails the server took. Raises StoreError."""
        sent = 0
        messages = [message for message in await self.waiting() if message.id not in self._over]
        for message in messages:
            due, attempts = self._next.get(message.id, (now, 0))
            if due > now:
                continue
            error, again = await asyncio.to_thread(self._try, message)
            if error and again and now - message.received < timedelta(days=MAIL_DAYS):
                self._next[message.id] = (now + timedelta(seconds=PAUSES[min(attempts, len(PAUSES) - 1)]), attempts + 1)
                log.warning("the mail of %s waits: %s", message.id, error)
                continue
            self._tell(message, error, now)
            sent += not error
        return sent

    def _try(self, message: Message) -> tuple[str, bool]:
        """("" or what went wrong, whether to try again)."""
        try:
            self.server(letter(message, find(self.root, message).sound, self.head()))
        except (smtplib.SMTPException, OSError, CtiError, ValueError) as error:
            return refusal(error, message.mail_to)
        return "", False

    def _tell(self, message: Message, error: str, now: datetime) -> None:
        self.journal.append("mailed", now, message=message.id, sent=not error, error=error)
        self._over.add(message.id)
        self._next.pop(message.id, None)
        if error:
            log.error("the mail of %s was given up: %s", message.id, error)
        else:
            log.info("message %s was mailed to %s", message.id, message.mail_to)


def refusal(error: Exception, to: str) -> tuple[str, bool]:
    """What a mail server's (or our own) refusal says in one line, and whether to try again."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            code, text = next(iter(error.recipients.values()))
            return f"{to} refused: {code} {_said(text)}", code < 500
        case smtplib.SMTPSenderRefused():  # smtp_from: can be mended
            return f"the sender was refused: {error.smtp_code} {_said(error.smtp_error)}", True
        case smtplib.SMTPAuthenticationError():
            return f"the mail server refused user and password: {error.smtp_code}", True
        case smtplib.SMTPResponseException():
            return f"{error.smtp_code} {_said(error.smtp_error)}", error.smtp_code < 500
        case smtplib.SMTPException() | OSError():
            return f"the mail server cannot be used: {_said(str(error))}", True
    return _said(str(error)), False  # deleted before it was mailed; an address that no mail takes


def _said(text: bytes | str) -> str:
    """A server's words as one short line."""
    line = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join("".join(c if c.isprintable() else " " for c in line).split())[:200]

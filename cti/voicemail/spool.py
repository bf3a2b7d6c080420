"""Mailboxes on disk, as app_voicemail keeps them: `<root>/<context>/<box>/<folder>/msg0000.txt` and `.wav`.

It reads messages, moves and deletes them under Asterisk's own lock, and never trusts what a file says. It knows no row
and no work to be done.

What app_voicemail.c does (read in 22): a message is written in `tmp/` and moved into its folder, sound first and text
last, so a text that is there is whole, unless the disk was full. `msg_id` is made once and survives moves (copy, then
delete) and renumbering. Holes in the numbers are allowed: the box is renumbered when it is next opened. `category` is
the channel's VM_CATEGORY, where our dialplan says whose call it was. A folder is locked by linking a file to `.lock`
(app.c: ast_lock_path_lockfile, five seconds); an Asterisk that was killed leaves it, and would lose each message that
comes to that box.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..core.voicemail import Message
from ..errors import NotFound, Refused, StoreError

log = logging.getLogger(__name__)
BOX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", re.ASCII)
FOLDER = re.compile(r"(?!tmp$)[A-Za-z][A-Za-z0-9]{0,30}", re.ASCII)
CONTEXTS = ("default", "agents")
_TEXT = re.compile(r"msg[0-9]{4}\.txt", re.ASCII)
_ID = re.compile(r"[0-9]{1,12}-[0-9a-f]{8}", re.ASCII)
_WORD = re.compile(r"[A-Za-z0-9._+-]{0,100}", re.ASCII)
_CALLER = re.compile(r'(?:"(?P<name>.*)"\s*)?<?(?P<number>[^<>"]*)>?')
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
MOST_TEXT = 16_384  # bytes of a msg####.txt
LOCK_SECONDS = 5.0
STALE_SECONDS = 60.0  # a lock is held for milliseconds: this one's owner is dead
HEADER = 44  # bytes before the sound of format_wav.c's files: 8 kHz, mono, 16 bit
BYTES_PER_SECOND = 16_000


@dataclass(frozen=True, slots=True)
class Found:
    """A message and where its files are now, without suffix."""

    message: Message
    stem: Path

    @property
    def sound(self) -> Path:
        return self.stem.with_suffix(".wav")


def folders(root: Path) -> Iterator[tuple[str, str, str, Path]]:
    """(context, box, folder, path) of everything that may hold messages; links are not followed."""
    for context in CONTEXTS:
        for box in _inside(root / context):
            if BOX.fullmatch(box.name):
                for folder in _inside(box):
                    if FOLDER.fullmatch(folder.name):
                        yield context, box.name, folder.name, folder


def _inside(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(folder / entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise StoreError(f"cannot read {folder}: {error.strerror}") from error


def messages_in(context: str, box: str, folder: str, path: Path) -> list[Found]:
    """The messages of one folder.

    One that vanishes meanwhile is left out, as it is met again where it went; so is a link, which Asterisk never makes,
    and one that we may not read: it must not hide the others.
    """
    found = []
    for name in sorted(_names(path)):
        try:
            found.append(_read(context, box, folder, path / name))
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ELOOP):
                log.error("cannot read the message %s: %s", path / name, error.strerror)
    return found


def _names(path: Path) -> list[str]:
    try:
        return [name for name in os.listdir(path) if _TEXT.fullmatch(name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}") from error


def _read(context: str, box: str, folder: str, file: Path) -> Found:
    """One msg####.txt, whatever is left of it."""
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as open_file:
        text = open_file.read(MOST_TEXT).decode("utf-8", "replace")
    lines = (line.partition("=") for line in text.splitlines() if "=" in line)
    said = {key.strip(): value.strip() for key, _, value in lines}
    stem = file.with_suffix("")
    size, changed = _sound_state(stem.with_suffix(".wav"))
    told = dict(word.partition("=")[::2] for word in said.get("category", "").split())
    number, name = _caller(said.get("callerid", ""))
    own = said.get("msg_id", "")
    message = Message(
        id=f"{box}-{own if _ID.fullmatch(own) else _fingerprint(stem)}",
        box=box,
        context=context,
        folder=folder,
        received=_instant(said.get("origtime", "")) or datetime.fromtimestamp(changed or file.stat().st_mtime, UTC),
        seconds=round(max(0, size - HEADER) / BYTES_PER_SECOND, 1),
        number=number,
        name=name,
        did=_word(told.get("did", "")),
        queue=_word(told.get("queue", "")),
        conversation=_word(told.get("call", "")),
    )
    return Found(message, stem)


def _sound_state(file: Path) -> tuple[int, float]:
    """(bytes, changed) of the sound; (0, 0) when it is not there."""
    try:
        state = file.stat(follow_symlinks=False)
    except FileNotFoundError:
        return 0, 0.0
    return state.st_size, state.st_mtime


def _fingerprint(stem: Path) -> str:
    """The name of a message whose text was torn by a full disk: of its sound, which no move changes."""
    try:
        with stem.with_suffix(".wav").open("rb") as file:
            data = file.read(65_536)
    except OSError:
        data = stem.name.encode()
    return f"damaged-{hashlib.sha256(data).hexdigest()[:12]}"


def _caller(text: str) -> tuple[str, str]:
    """`"Name" <number>`, `number`, `Unknown` -> number, name; the dialplan filtered both, and who forges files too."""
    match = _CALLER.fullmatch(text)
    if match is None:
        return "", ""
    number = "".join(c for c in match["number"] if c in "+0123456789")[:40]
    return number, _CONTROL.sub("", match["name"] or "")[:80]


def _word(text: str) -> str:
    return text if _WORD.fullmatch(text) else ""


def _instant(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if re.fullmatch(r"[0-9]{9,10}", text, re.ASCII) else None


# --- changing -----------------------------------------------------------------------------------------


def find(root: Path, message: Message) -> Found:
    """Where a message is now. Raises NotFound when it is in no folder of its box."""
    for context, box, folder, path in folders(root):
        if (context, box) == (message.context, message.box):
            for found in messages_in(context, box, folder, path):
                if found.message.id == message.id:
                    return found
    raise NotFound(f"the message {message.id} is no longer in its box")


def remove(root: Path, message: Message) -> None:
    """Delete it as a listener would. Raises NotFound, Refused (the box stays locked), StoreError."""
    with _only_here(root, message) as found, _said(found):
        found.stem.with_suffix(".txt").unlink()  # without a text, app_voicemail does not count it
        found.sound.unlink(missing_ok=True)


def move(root: Path, message: Message, folder: str) -> None:
    """Put it into another folder of its box. Raises NotFound, Refused (locked), StoreError."""
    with _only_here(root, message) as found, _said(found):
        target = found.stem.parent.parent / folder
        if target == found.stem.parent:
            return
        target.mkdir(mode=0o777, exist_ok=True)
        with locked(target):
            used = [int(name[3:7]) for name in _names(target)]
            stem = target / f"msg{max(used, default=-1) + 1:04}"
            with suppress(FileNotFoundError):
                found.sound.rename(stem.with_suffix(".wav"))
            found.stem.with_suffix(".txt").rename(stem.with_suffix(".txt"))


@contextmanager
def _only_here(root: Path, message: Message) -> Iterator[Found]:
    """The message, in a folder that nobody else changes; looked up again under the lock: numbers may have changed."""
    folder = find(root, message).stem.parent
    with locked(folder):
        inside = messages_in(message.context, message.box, folder.name, folder)
        found = next((one for one in inside if one.message.id == message.id), None)
        if found is None:
            raise Refused(f"the message {message.id} was moved this very moment; try again")
        yield found


@contextmanager
def _said(found: Found) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(f"cannot change {found.stem}: {error.strerror}") from error


@contextmanager
def locked(folder: Path, seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Asterisk's lock of one folder. Raises Refused when somebody else keeps it, StoreError."""
    own, lock = folder / f".lock-{secrets.token_hex(4)}", folder / ".lock"
    until = time.monotonic() + seconds
    try:
        own.touch(exist_ok=False)
        try:
            while not _linked(own, lock):
                if time.monotonic() > until:
                    raise Refused(f"the mailbox folder {folder} is locked; try again")
                time.sleep(0.02)
        finally:
            own.unlink()
    except OSError as error:
        raise StoreError(f"cannot lock {folder}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _linked(own: Path, lock: Path) -> bool:
    try:
        os.link(own, lock)
    except FileExistsError:
        return False
    return True


def break_stale_lock(folder: Path, now: float) -> None:
    """Take away the lock of an Asterisk that was killed; with it, app_voicemail would lose the next message."""
    lock = folder / ".lock"
    with suppress(OSError):  # not there; or not ours, and then the folder's reader says so
        if now - lock.lstat().st_mtime > STALE_SECONDS:
            lock.unlink()
            log.warning("%s was locked by somebody who died; unlocked", folder)


def forget_pin(box: Path) -> None:
    """The PIN that was chosen by phone no longer counts (voicemail.conf: passwordlocation = spooldir)."""
    try:
        (box / "secret.conf").unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"cannot change {box}: {error.strerror}") from error

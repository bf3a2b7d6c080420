"""`cti voicemail`: messages in mailboxes. Lists, plays and exports from rows and spool, also while no engine runs; work
that follows from a message is changed through the engine, which journals it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ..config import load_config
from ..core.voicemail import Message, MessageState
from ..db.voicemail import MOST, Mailboxes, MessageFilter
from ..errors import NotFound, UsageError
from ..voicemail.sound import playable
from ..voicemail.spool import find, remove
from . import complete
from .out_file import put
from .rows import as_json, clock, instant, localised, print_json, print_table, seen, with_store, zone
from .work import ask_for

_PLAYERS = (("pw-play",), ("paplay",), ("aplay", "-q"), ("afplay",), ("ffplay", "-nodisp", "-autoexit"))
_STATES = click.Choice([state.value for state in MessageState])


@click.group()
def voicemail() -> None:
    """Messages that callers left: list, hear, export, have somebody call back."""


@voicemail.command("list")
@click.option("--box", default="", help="A mailbox of site.yaml, or an agent's number.")
@click.option("--queue", default="", help="Messages that were left from this queue.")
@click.option("--number", default="", help="Messages of this caller.")
@click.option("--state", type=_STATES, help="Default: all that are not deleted.")
@click.option("--since", default="", help="2026-11-22 or '2026-11-22 10:30'.")
@click.option("--limit", default=100, type=click.IntRange(1, MOST), show_default=True)
@as_json
@click.pass_obj
def list_messages(home: Path, /, as_json: bool, since: str, **wanted: Any) -> None:
    """List messages, the newest first."""
    where = zone(home, "")
    given = {name: value for name, value in wanted.items() if value is not None}
    found = _messages(home, MessageFilter(since=instant(since, where), **given))
    if as_json:
        print_json(localised([_entity(message) for message in found], where))
        return
    rows = [
        (
            message.id,
            clock(message.received, where, "%m-%d %H:%M"),
            message.box,
            message.number or "withheld",
            message.name,
            f"{message.seconds:.0f} s",
            message.queue,
            message.state.value,
            message.mail.value,
        )
        for message in found
    ]
    columns = ("id", "received", "box", "number", "name", "length", "queue", "state", "mail")
    print_table(columns, rows, none="no messages")


@voicemail.command()
@click.argument("message")
@click.option("--out", type=click.Path(path_type=Path), help="Write a WAV file instead; - is standard output.")
@click.pass_obj
def play(home: Path, message: str, out: Path | None) -> None:
    """Play a MESSAGE on this machine's sound device, or write it to a file. It stays new."""
    sound = _sound(home, _message(home, message))
    if out is None:
        _play(sound)
    elif str(out) == "-":
        sys.stdout.buffer.write(sound)
    else:
        put(out, sound, folders=True)
        click.echo(f"wrote {out}")


@voicemail.command()
@click.argument("messages", nargs=-1)
@click.option("--box", default="", help="Every message of this mailbox that is not deleted.")
@click.option("--queue", default="", help="Every message left from this queue.")
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would be written; write nothing.")
@as_json
@click.pass_obj
def export(
    home: Path, messages: tuple[str, ...], box: str, queue: str, folder: Path, dry_run: bool, as_json: bool
) -> None:
    """Write MESSAGES as ID.wav (sound) and ID.json (everything known of it) into a folder. Files are replaced."""
    if not messages and not box and not queue:
        raise UsageError("name messages, or a --box or a --queue")
    found = [_message(home, name) for name in messages]
    if box or queue:
        found += _messages(home, MessageFilter(box=box, queue=queue, limit=MOST))
    written, gone = [], []
    for message in found:
        try:
            sound = _sound(home, message)
        except NotFound:
            gone.append(message.id)
            continue
        written.append(message.id)
        if not dry_run:
            put(folder / f"{message.id}.wav", sound, folders=True)
            text = json.dumps(_entity(message), default=str, ensure_ascii=False, indent=2) + "\n"
            put(folder / f"{message.id}.json", text.encode())
    if as_json:
        print_json({"dry_run": dry_run, "folder": str(folder), "written": written, "gone": gone})
        return
    for name in gone:
        click.echo(f"{name} is gone", err=True)
    click.echo(f"{'would write' if dry_run else 'wrote'} {len(written)} message(s) to {folder}")


@voicemail.command()
@click.argument("message")
@click.argument("agent", shell_complete=complete.agents)
@as_json
@click.pass_obj
def assign(home: Path, message: str, agent: str, as_json: bool) -> None:
    """Have AGENT call back who left this MESSAGE; see also: cti work."""
    ask_for(home, message, "assign", as_json, owner=agent)


@voicemail.command()
@click.argument("message")
@click.option("--note", default="", help="What came of it.")
@as_json
@click.pass_obj
def done(home: Path, message: str, note: str, as_json: bool) -> None:
    """Nobody needs to call back any more who left this MESSAGE. (An answered call back says so by itself.)"""
    ask_for(home, message, "done", as_json, note=note)


@voicemail.command()
@click.argument("messages", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Say what would be deleted; delete nothing.")
@as_json
@click.pass_obj
def delete(home: Path, messages: tuple[str, ...], dry_run: bool, as_json: bool) -> None:
    """Delete MESSAGES from their mailboxes for good, the sound too. Work that follows from them stays."""
    found = [_message(home, name) for name in messages]
    root = load_config(home).voicemail
    for message in found:
        if dry_run:
            find(root, message)
        else:
            remove(root, message)
    if as_json:
        print_json({"dry_run": dry_run, "deleted": [message.id for message in found]})
        return
    for message in found:
        who = seen(message.number or "withheld")
        click.echo(f"{'would delete' if dry_run else 'deleted'} {message.id} ({who}, {message.seconds:.0f} s)")


def _messages(home: Path, wanted: MessageFilter) -> list[Message]:
    return with_store(home, lambda store: Mailboxes(store.database).messages(wanted))


def _message(home: Path, name: str) -> Message:
    return with_store(home, lambda store: Mailboxes(store.database).message(name))


def _entity(message: Message) -> dict[str, Any]:
    return {**asdict(message), "state": message.state.value, "mail": message.mail.value}


def _sound(home: Path, message: Message) -> bytes:
    return playable(find(load_config(home).voicemail, message).sound)


def _play(sound: bytes) -> None:
    argv = next(((path, *words[1:]) for words in _PLAYERS if (path := shutil.which(words[0]))), None)
    if argv is None:
        raise UsageError("no player (aplay, paplay, pw-play, ffplay) on this machine; write a file with --out x.wav")
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        file.write(sound)
        file.flush()
        ended = subprocess.run([*argv, file.name], stderr=subprocess.PIPE, check=False)
    if ended.returncode:
        said = ended.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no word"]
        raise UsageError(f"{argv[0]} cannot play: {seen(said[0])[:200]}; write a file with --out x.wav")

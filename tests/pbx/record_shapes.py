"""Makes tests/traces/shapes anew: plays every shape of call on a real Asterisk and keeps what was written of each.

Of each: the four journals, the AMI events as the engine's account is sent them, and what the phones measured. Run it
through scripts/record_shapes; look at the difference before you commit it.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

# the tests' own, which lie beside this
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "core")]

from playing import Play  # noqa: E402
from scene import ask_asterisk, until  # noqa: E402
from shape_trace import FILES, FOLDER  # noqa: E402
from theatre import AWAY, PRESENT, Journals, all_of, cast, seen, theatre, told_of  # noqa: E402

from cti.config import Config  # noqa: E402
from cti.pbx import find_asterisk  # noqa: E402
from cti.stage import Stage  # noqa: E402

EVENTS, BANNER = "events.ami", b"Asterisk Call Manager/11.0.0\r\n"


async def main(home: Path, names: list[str]) -> int:
    asterisk = find_asterisk(Config(home=home))
    if asterisk is None:
        print("no Asterisk on this machine; bring it with: cti pbx fetch", file=sys.stderr)
        return 1
    async with theatre(home) as stage:

        async def console(line: str) -> str:
            return await ask_asterisk(stage, asterisk, line)

        heard = bytearray()
        listening = asyncio.create_task(_listen(stage, heard))
        await until("a login", lambda: _logged_in(heard))
        plays = await all_of(stage, PRESENT, console)
        await stage.stop_engine()
        plays |= await all_of(stage, AWAY, console)
        failed = {name: play for name, play in plays.items() if not isinstance(play, Play)}
        for name, why in failed.items():
            print(f"{name}: {why!r}", file=sys.stderr)
        await told_of(stage, plays)
        listening.cancel()
        journals = Journals(stage.config)
        for play in plays.values():
            if isinstance(play, Play) and play.name in (names or plays):
                _keep(play, journals, bytes(heard))
        return 1 if failed else 0


async def _listen(stage: Stage, heard: bytearray) -> None:
    """The stream that the engine's own account gets."""
    reader, writer = await asyncio.open_connection(stage.config.bind, stage.config.ami_port)
    secret = stage.config.secrets.ami_password
    writer.write(f"Action: Login\r\nUsername: cti\r\nSecret: {secret}\r\n\r\n".encode())
    while data := await reader.read(1 << 16):
        heard += data


async def _logged_in(heard: bytearray) -> bool:
    return b"Authentication accepted" in heard


def _keep(play: Play, journals: Journals, heard: bytes) -> None:
    folder = FOLDER / play.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    mine = journals.of(play.number)
    for name in FILES:
        (folder / name).write_bytes(b"".join(record.raw + b"\n" for file, record, _ in mine if file == name))
    keys = {key.encode() for key in journals.keys_of(play.number)}
    phones = {f"PJSIP/{cast(play.name)[role]}".encode() for role in ("a", "b")}
    mine_too = [event for event in _events(heard) if _is_of(event, keys, phones)]
    (folder / EVENTS).write_bytes(b"".join([BANNER, *mine_too]))
    (folder / "phones.json").write_text(json.dumps(seen(play), indent=1) + "\n")


def _events(heard: bytes) -> list[bytes]:
    return [event + b"\r\n\r\n" for event in heard.split(b"\r\n\r\n") if event.startswith(b"Event: ")]


def _is_of(event: bytes, keys: set[bytes], phones: set[bytes]) -> bool:
    """Whether it names a channel of the call, or the state of one of its phones."""
    values = [line.partition(b": ")[::2] for line in event.split(b"\r\n")]
    return any((key.endswith((b"niqueid", b"inkedid")) and value in keys) for key, value in values) or any(
        key == b"Device" and value in phones for key, value in values
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(asyncio.run(main(Path(folder) / "home", sys.argv[1:])))

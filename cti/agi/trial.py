"""One script, run once without a phone: the host and the server that serve calls, and a pretended channel at the end.

It knows how to lead the conversation and to write it down; what the channel answers is `pretend`, how a script is run
is `scripts`. The script itself is real: whatever database or web service it asks is really asked.
"""

from __future__ import annotations

import ast
import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import Any

from . import hosting, running, scripts
from .pretend import PretendChannel
from .scripts import VERDICT, ScriptHost, limit_in
from .server import AgiServer

_HEARD = (hosting.__name__, running.__name__, scripts.__name__)
_CHATTER = ("COMMAND: ", "RESULT_LINE: ", "RESULT_DICT: ")  # pyst2 tells every command on stderr; it stands here anyway


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the conversation, `at` seconds after its beginning. `who`: "script", "asterisk", or "log" for what
    the script printed and what our host says of it."""

    at: float
    who: str
    text: str


@dataclass(slots=True)
class Trial:
    """What happened. `verdict` is CTI_SCRIPT: done, error or timeout; `variables` are those that the script set."""

    verdict: str = "error"
    seconds: float = 0.0
    lines: list[Said] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


async def try_script(host: ScriptHost, name: str, channel: PretendChannel) -> Trial:
    """Run `name` for this caller. Raises NotFound for a script that there is not; whatever the script does is told."""
    host.file_of(name)
    trial, before = Trial(), dict(channel.variables)
    began = time.monotonic()
    notes = _Notes(trial, began)
    logger = logging.getLogger(__package__)
    level = logger.level
    logger.addHandler(notes)
    logger.setLevel(logging.DEBUG)
    try:
        async with AgiServer("127.0.0.1", 0, {"script/": host.handle}) as server:
            await _converse(server.port, f"script/{name}", channel, trial, began)
    finally:
        logger.removeHandler(notes)
        logger.setLevel(level)
    trial.seconds = time.monotonic() - began
    trial.verdict = channel.variables.pop(VERDICT, "error")
    trial.variables = {key: value for key, value in channel.variables.items() if before.get(key) != value}
    return trial


def described(host: ScriptHost, name: str) -> dict[str, Any]:
    """What there is to know of a script without running it; `wrong` is `line: what`, "" when it can be loaded."""
    file, said, wrong = host.file_of(name), "", ""
    try:
        text = file.read_text(encoding="utf-8")
        said = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
        limit_in(text)
    except SyntaxError as error:
        wrong = f"{error.lineno}: {error.msg}"
    except (OSError, ValueError) as error:
        wrong = str(error)
    return {"name": name, "file": str(file), "limit_seconds": host.limit_of(file), "says": said, "wrong": wrong}


async def _converse(port: int, path: str, channel: PretendChannel, trial: Trial, began: float) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(channel.told(path))
        while line := (await reader.readline()).decode("utf-8", "replace").rstrip("\n"):
            last = line.startswith(f'SET VARIABLE "{VERDICT}"')
            reply = channel.answer(line)
            if not last:
                trial.lines.append(Said(time.monotonic() - began, "script", line))
                trial.lines += [Said(time.monotonic() - began, "asterisk", part) for part in reply.split("\n")]
            writer.write(f"{reply}\n".encode())
    except (ConnectionError, asyncio.LimitOverrunError, ValueError):
        pass  # it went on without us, as it may with a real one
    finally:
        writer.close()


class _Notes(logging.Handler):
    """What is logged while the script runs, as lines of the conversation."""

    def __init__(self, trial: Trial, began: float) -> None:
        super().__init__(logging.DEBUG)
        self._trial, self._began = trial, began

    def emit(self, record: logging.LogRecord) -> None:
        if record.name not in _HEARD:
            return
        printed = record.name == hosting.__name__ and isinstance(record.args, tuple) and len(record.args) == 2
        text = str(record.args[1]) if printed and isinstance(record.args, tuple) else self.format(record)
        if not text.startswith(_CHATTER):
            at = time.monotonic() - self._began
            self._trial.lines += [Said(at, "log", line) for line in text.splitlines()]

"""Hosts scripts written for pyst2's AGI class: no Python start per call, and none can harm another.

It knows the folder of scripts, how to load one (again when its file changed), how to run it in a bounded number of
threads, and how long it may take; it knows nothing of what scripts do. Two kinds run, both unchanged:

- a module with `def main(agi)`: loaded once, `main` called per call with a ready `AGI`;
- a classic script (`agi = AGI()` at top level or under `if __name__ == "__main__"`): run anew per call.

At the end the channel variable `CTI_SCRIPT` is set last: `done`, `error` (raised, exit status, unknown, or the caller
went) or `timeout`; trust it, not AGISTATUS, which is SUCCESS even when the server died (FACTS). A thread
cannot be killed: one that overstays gets `Taken` raised in it, its session is ended at once, and its place
is given back only when it has really ended, so that stuck scripts cost their own places and nothing else.
"""

from __future__ import annotations

import ast
import asyncio
import functools
import logging
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

from ..errors import AgiHangup, NotFound
from ..share import shared_folder
from .dialogue import Dialogue
from .hosting import HostedAGI, Line, Seat, namespace
from .running import Run

VERDICT = "CTI_SCRIPT"
LEAST_LIMIT, MOST_LIMIT = 0.1, 600.0  # seconds: a caller waits meanwhile
_ASKED = re.compile(r"(?:^|&)seconds=([0-9]{1,3})(?:&|$)")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_LIMIT = re.compile(r"#+\s*limit:\s*(.*?)\s*$", re.IGNORECASE)
_SECONDS = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,3})?)\s*(?:s|sec|seconds?)?", re.ASCII)
_BEGINNING = 4096  # bytes in which a limit is looked for

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A script as it was at `stamp` (modification time in ns, size); `main` is None for a classic one."""

    stamp: tuple[int, int]
    code: CodeType
    main: Callable[[Any], Any] | None


def scripts_folder(home: Path) -> Path:
    """The instance's own scripts, else the shipped examples."""
    own = home / "agi_scripts"
    return own if own.is_dir() else shared_folder("agi_scripts")


class ScriptHost:
    """Runs `folder`/<name>.py for calls to `agi://…/script/<name>`; mount `host.handle` at the route `script/`.

    At most `threads` scripts run at once, each for `limit_seconds` or for what it says itself in a comment near its
    beginning (`# limit: 3 s`); waiting for a free thread counts. A URL that ends in `?seconds=3` asks for less.
    """

    def __init__(self, folder: Path, limit_seconds: float = 10.0, threads: int = 16) -> None:
        self.folder = folder.resolve()
        self.limit_seconds = limit_seconds
        self._places = asyncio.Semaphore(threads)
        self._loaded: dict[str, Loaded] = {}
        self._limits: dict[str, tuple[tuple[int, int], float]] = {}
        self._loading: dict[str, threading.Lock] = {}  # one each: a script that hangs on import holds up only itself

    async def handle(self, dialogue: Dialogue) -> None:
        """The handler of the route `script/`."""
        await self.run(dialogue.path.partition("/")[2], dialogue)

    async def run(self, name: str, dialogue: Dialogue) -> None:
        """Run the script for this session and end it. Raises nothing for what the script does.

        An unknown name or one that is no plain name is logged and becomes `CTI_SCRIPT=error`.
        """
        began, limit = asyncio.get_running_loop().time(), self.limit_seconds
        try:
            file = self.file_of(name)
            limit = min(self.limit_of(file), _asked(dialogue.query))
            async with asyncio.timeout_at(began + limit):
                await self._places.acquire()
        except NotFound as error:
            log.warning("%s", error)
            return await dialogue.finish([(VERDICT, "error")])
        except TimeoutError:
            log.warning("script %a: no thread was free within %g s", name, limit)
            return await dialogue.finish([(VERDICT, "timeout")])
        await self._run(file, dialogue, began + limit, limit)
        return None

    def names(self) -> list[str]:
        """The scripts there are."""
        return sorted(file.stem for file in self.folder.glob("*.py") if _NAME.fullmatch(file.stem))

    async def _run(self, file: Path, dialogue: Dialogue, until: float, limit: float) -> None:
        """Holds one place, and gives it back when the thread has ended."""
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[str] = loop.create_future()
        try:
            line = Line(dialogue.detach())
        except AgiHangup:
            self._places.release()
            raise
        run = Run(Seat(file.stem, line, dialogue.environment), functools.partial(self._play, file))

        def report() -> None:
            self._places.release()
            if not ended.done():
                ended.set_result(run.verdict)

        run.start(loop, report)
        verdict = "timeout"
        try:
            async with asyncio.timeout_at(until):
                verdict = await asyncio.shield(ended)
        except TimeoutError:
            log.warning("script %a: stopped after %g s", file.stem, limit)
        except asyncio.CancelledError:
            line.cut()
            raise
        finally:
            if not ended.done():
                run.stop()
                ended.cancel()
        await dialogue.attach((VERDICT, verdict))

    def _play(self, file: Path) -> None:
        """In the thread of a run."""
        loaded = self.load(file)
        if loaded.main is not None:
            loaded.main(HostedAGI())
        else:
            exec(loaded.code, namespace("__main__", str(file)))  # noqa: S102 (the admin's own script)

    def file_of(self, name: str) -> Path:
        """The file of a script. Raises NotFound for one that there is not, or that is no plain name."""
        plain = name.removesuffix(".py")
        file = self.folder / f"{plain}.py"
        if _NAME.fullmatch(plain) is None or not file.is_file() or file.resolve().parent != self.folder:
            raise NotFound(f"no script {name[:80]!a} in {str(self.folder)!a}; there are: {', '.join(self.names())}")
        return file

    def limit_of(self, file: Path) -> float:
        """How long this script may take, in seconds, as its file says now; a wrong `# limit:` is logged, not obeyed."""
        status = file.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._limits.get(file.stem)
        if known is None or known[0] != stamp:
            try:
                said = limit_in(_beginning(file))
            except ValueError as error:
                log.error("%s:%s; %g s it is", file, error, self.limit_seconds)
                said = None
            known = self._limits[file.stem] = (stamp, said or self.limit_seconds)
        return known[1]

    def load(self, file: Path) -> Loaded:
        """The script as the file is now. Raises whatever compiling or importing it raises. Called in a thread."""
        status = file.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        with self._loading.setdefault(file.stem, threading.Lock()):
            known = self._loaded.get(file.stem)
            if known is None or known.stamp != stamp:
                tree = ast.parse(file.read_bytes(), str(file))
                code = compile(tree, str(file), "exec")
                known = Loaded(stamp, code, _import_main(file, code) if _has_main(tree) else None)
                self._loaded[file.stem] = known
        return known


def limit_in(text: str) -> float | None:
    """The seconds of the first `# limit: 3 s` line, None without one. Raises ValueError, `line: what`."""
    for number, line in enumerate(text.splitlines(), 1):
        said = _LIMIT.match(line)
        if said is None:
            continue
        seconds = _SECONDS.fullmatch(said[1])
        if seconds is None or not LEAST_LIMIT <= float(seconds[1]) <= MOST_LIMIT:
            allowed = f"{LEAST_LIMIT:g} to {MOST_LIMIT:g} seconds, such as 3 s"
            raise ValueError(f"{number}: limit {said[1][:40]!a} is not {allowed}")
        return float(seconds[1])
    return None


def _beginning(file: Path) -> str:
    with file.open("rb") as start:
        return start.read(_BEGINNING).decode("utf-8", "replace")


def _asked(query: str) -> float:
    """The limit that the dialplan asks for, without end when it does not."""
    found = _ASKED.search(query)
    return float(found[1]) if found else float("inf")


def _has_main(tree: ast.Module) -> bool:
    """Whether there is a top-level `def main(agi)`; a `main()` without arguments belongs to a classic script."""
    return any(isinstance(node, ast.FunctionDef) and node.name == "main" and node.args.args for node in tree.body)


def _import_main(file: Path, code: CodeType) -> Callable[[Any], Any]:
    scope = namespace(file.stem, str(file))
    exec(code, scope)  # noqa: S102 (the admin's own script)
    main: Callable[[Any], Any] = scope["main"]
    return main

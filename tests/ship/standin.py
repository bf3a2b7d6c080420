"""An Asterisk that is told what to be: it reads the files when it is told to, and may refuse some of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from click.testing import CliRunner, Result

from cti.cli import main
from cti.errors import PbxError
from cti.ship.rendered import dialplan_files, sections, steps

SITE = """
site: {name: Test, timezone: UTC}
numbers: {"400": {to: "queue:a"}}
queues: {a: {overflow: hangup}}
"""


@dataclass
class FakeAsterisk:
    """Answers as Asterisk 22 does, for what it has read of `etc`."""

    etc: Path
    log: Path
    up: bool = False
    deaf: bool = False
    given: list[str] = field(default_factory=list)
    has: dict[str, str] = field(default_factory=dict)
    refuses: Callable[[str], bool] = lambda line: False
    probed: str = ""
    on_reload: Callable[[], None] = lambda: None

    def runs(self) -> bool:
        return self.up

    def ask(self, text: str) -> str:
        if self.deaf or not self.up:
            raise PbxError("nothing answers")
        self.given.append(text)
        if "reload" in text:
            self.on_reload()
            self.read()
        words = {"dialplan show": self._dialplan, "queue show": self._queues, "pjsip show endpoints": self._endpoints}
        if text.startswith("channel originate"):
            token = text.split("/")[1].partition("@")[0]
            self.probed = token + "".join(f" {name}=open" for name in self._schedules())
            self.complain(f"cti-probe {token}", level="NOTICE")
        if text.startswith("database get"):
            return f"Value: {self.probed}\n" if self.probed else "Database entry not found.\n"
        if text == "core show applications":
            return "".join(f"  {app}: does it.\n" for app in sorted({s.app for s in self._steps()} | {"NoOp"}))
        if text == "core show functions":
            return "".join(f"{name}    {name}()  does it.\n" for name in sorted(self._functions()))
        return words.get(text, lambda: "done")()

    def read(self) -> None:
        """What a reload does."""
        self.has = {file.name: file.read_text() for file in self.etc.glob("*.conf")}

    def start(self) -> None:
        self.up = True
        self.read()

    def complain(self, text: str, level: str = "WARNING", source: str = "pbx_config.c") -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as file:
            file.write(f"[2026-11-22 10:00:00.000] {level}[1] {source}: {text}\n")

    def reloads(self) -> list[str]:
        return [text for text in self.given if "reload" in text]

    def _steps(self):  # type: ignore[no-untyped-def]
        return [step for name, text in dialplan_files(self.has).items() for step in steps(name, text)]

    def _functions(self) -> set[str]:
        return {name for step in self._steps() for name in re.findall(r"\$\{([A-Z][A-Z0-9_]+)\(", step.data)}

    def _schedules(self) -> list[str]:
        found = sections(self.has.get("extensions.conf", ""))
        return [s.name.removeprefix("cti-schedule-") for s in found if s.name.startswith("cti-schedule-")]

    def _dialplan(self) -> str:
        lines, context = [], None
        for step in self._steps():
            if step.context != context:
                lines.append(f"[ Context '{step.context}' created by 'pbx_config' ]")
            context = step.context
            if not self.refuses(f"{step.app}({step.data})"):
                head = f"'{step.exten}' =>"
                lines.append(f"  {head:<17} {f'1. {step.app}({step.data})':<45} [{step.file}:{step.line}]")
        return "\n".join(lines) + "\n"

    def _queues(self) -> str:
        names = [s.name for s in sections(self.has.get("queues.conf", "")) if s.name != "general"]
        return "".join(f"{name} has 0 calls (max unlimited) in 'ringall' strategy\n" for name in names)

    def _endpoints(self) -> str:
        found = [s for s in sections(self.has.get("pjsip.conf", "")) if s.get("type") == "endpoint"]
        return "".join(f" Endpoint:  {s.name}/{s.name}    Unavailable   0 of 1\n" for s in found if not s.is_template)


def cti(home: Path, *words: str | Path, init: bool = False) -> Result:
    arguments = ["init", home] if init else ["--home", home, *words]
    return CliRunner().invoke(main, [str(word) for word in arguments], catch_exceptions=False)

"""What one waiting caller hears besides the music, and the keys pressed meanwhile.

It knows the order of prompts, music and listening within one FastAGI session, and that only one command may run in
it. It knows nothing of when something is said (the core's), nor of verdicts: `Session.finish` cuts short whatever
runs here, and ends it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from ..errors import AgiError, AgiHangup, SoundMissing

log = logging.getLogger(__name__)
LISTEN_SECONDS = 3.0  # while keys are listened for during music, a new announcement begins so much later at most


class Voice(Protocol):
    """The part of a FastAGI dialogue that plays and listens (cti.agi.dialogue.Dialogue is one)."""

    async def play(self, file: str, keys: str = "") -> str: ...
    async def music(self) -> None: ...
    async def wait_key(self, keys: str, seconds: float) -> str: ...


class Speaker:
    """Plays announcements to one caller, one after the other. `pressed` gets each key that was asked for."""

    def __init__(self, voice: Voice, pressed: Callable[[str], None]) -> None:
        self._voice = voice
        self._pressed = pressed
        self._parts: list[str] = []
        self._keys = ""
        self._task: asyncio.Task[None] | None = None

    def say(self, parts: tuple[str, ...], keys: str) -> None:
        """Play these prompts, and listen for these keys from now on. What still plays is finished first."""
        self._parts += parts
        self._keys = keys
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="speaker")

    async def end(self) -> None:
        """Nothing more is said; after the session's end."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        try:
            while self._parts or self._keys:
                if self._parts:
                    await self._speak()
                elif key := await self._voice.wait_key(self._keys, LISTEN_SECONDS):
                    self._pressed(key)
        except AgiHangup:
            pass  # cut short by the verdict, or the caller is gone: the session's own task knows
        except AgiError as error:
            log.warning("an announcement ended early: %s", error)

    async def _speak(self) -> None:
        """All prompts there are, then music; a key ends them."""
        while self._parts:
            try:
                key = await self._voice.play(f"cti/{self._parts.pop(0)}", self._keys)
            except SoundMissing as error:
                log.warning("%s; make the prompts again with: cti dialplan apply", error)
                continue
            if key:
                self._parts.clear()
                self._pressed(key)
        await self._voice.music()

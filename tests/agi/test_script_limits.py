"""A script that takes too long is stopped, and keeps nothing but its own place.

Only what must not end by itself has a short limit here: a machine may keep this process from running at any instant.
"""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest

from .conftest import SET

ENDLESS = "def main(agi):\n    while True:\n        pass\n"
SHORT = "# limit: 0.3 s\n"


async def gone(name: str) -> None:
    """Wait until the threads of this name have ended."""
    for thread in [thread for thread in threading.enumerate() if thread.name == name]:
        await asyncio.to_thread(thread.join, 60)
        assert not thread.is_alive()


def let_pass(seconds: float) -> None:
    """The running loop's clock goes on by so much: whatever waited for that is due."""
    loop = asyncio.get_running_loop()
    now = loop.time
    loop.time = lambda: now() + seconds  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "text",
    [
        ENDLESS,
        "def main(agi):\n    while True:\n        try:\n            id(1)\n        except Exception:\n            0\n",
        "while True:\n    pass\n",
        "def main(agi):\n    agi.appexec('Silent')\n",
    ],
)
async def test_a_script_that_overstays_is_stopped_and_gives_its_place_back(house, text):
    async with house(threads=1) as home:
        home.write("slow.py", SHORT + text)
        home.write("good.py", SET.format("fine"))
        peer = await home.start("slow")
        peer.answers["EXEC"] = None
        assert (await peer.serve()).variables == {"CTI_SCRIPT": "timeout"}
        await gone("agi-slow")
        assert (await home.call("good")).variables == {"X": "fine", "CTI_SCRIPT": "done"}


async def test_the_dialplan_may_ask_for_a_shorter_limit_but_not_for_a_longer_one(house):
    async with house(limit_seconds=0.3) as home:
        home.write("slow.py", ENDLESS)
        assert (await home.call("slow?seconds=999")).variables == {"CTI_SCRIPT": "timeout"}
        await gone("agi-slow")
    async with house(limit_seconds=60) as home:
        home.write("short.py", SHORT + ENDLESS)
        home.write("good.py", SET.format("fine"))
        assert (await home.call("good?seconds=30")).variables == {"X": "fine", "CTI_SCRIPT": "done"}
        assert (await home.call("short?seconds=999")).variables == {"CTI_SCRIPT": "timeout"}
        assert (await home.call("slow?seconds=1")).variables == {"CTI_SCRIPT": "timeout"}
        await gone("agi-short")
        await gone("agi-slow")


async def test_a_script_that_is_stopped_before_its_thread_has_run_gives_its_place_back(house, monkeypatch):
    begin = threading.Event()

    class Late(threading.Thread):
        def run(self) -> None:
            if self.name == "agi-late":
                begin.wait()
            super().run()

    monkeypatch.setattr(threading, "Thread", Late)
    async with house(threads=1) as home:
        home.write("late.py", SHORT + SET.format("late"))
        home.write("good.py", SET.format("fine"))
        assert (await home.call("late")).variables == {"CTI_SCRIPT": "timeout"}
        begin.set()
        await gone("agi-late")
        assert (await home.call("good")).variables == {"X": "fine", "CTI_SCRIPT": "done"}


class Driver:
    """Blocks, deaf to everything, as C does, until it is let `go`; `reached` once by each that is in it."""

    def __init__(self) -> None:
        self.reached, self.go = threading.Semaphore(0), threading.Event()

    def block(self) -> None:
        told = False
        while not self.go.is_set():
            try:
                if not told:
                    told = True
                    self.reached.release()
                self.go.wait()
            except BaseException:
                pass


@pytest.fixture
def driver(monkeypatch):
    made = Driver()
    monkeypatch.setitem(sys.modules, "stuck_driver", made)
    yield made
    made.go.set()


async def test_a_script_stuck_in_a_driver_keeps_only_its_own_place(house, driver):
    async def stuck() -> None:
        calling = asyncio.create_task(home.call("stuck"))
        await asyncio.to_thread(driver.reached.acquire)
        let_pass(60)
        assert (await calling).variables == {"CTI_SCRIPT": "timeout"}

    async with house(threads=2) as home:
        home.write("stuck.py", "import sys\ndef main(agi):\n    sys.modules['stuck_driver'].block()\n")
        home.write("good.py", SET.format("fine"))
        home.write("hasty.py", SHORT + SET.format("fine"))
        await stuck()
        assert (await home.call("good")).variables == {"X": "fine", "CTI_SCRIPT": "done"}
        await stuck()
        assert (await home.call("hasty")).variables == {"CTI_SCRIPT": "timeout"}  # every place is held
        driver.go.set()
        await gone("agi-stuck")
        assert (await home.call("good")).variables == {"X": "fine", "CTI_SCRIPT": "done"}


async def test_the_server_closes_while_scripts_run(house):
    async with house(threads=4, limit_seconds=600) as home:
        home.write("spin.py", "def main(agi):\n    agi.verbose('here')\n    while True:\n        pass\n")
        peers = [await home.start("spin") for _ in range(2)]
        serving = [asyncio.create_task(peer.serve()) for peer in peers]
        for peer in peers:
            await peer.asked.wait()
        await home.server.close()
        await asyncio.gather(*serving)
        await gone("agi-spin")

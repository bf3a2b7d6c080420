"""Beside the journals, what is due goes out: the same wiring as in the importer's process, with its own clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cti.config import load_config
from cti.reporting.courier import SETTLE
from cti.reporting.dispatch import Dispatch, alone, ledger_file
from cti.reporting.ledger import Ledger
from cti.stage.letterbox import Letterbox

SITE = """
site: {{name: x, timezone: Asia/Shanghai, languages: [en]}}
queues: {{sales: {{overflow: hangup}}}}
reports: {{scheduled: [{{name: now, report: queue, when: "daily {at:%H:%M}", to: [li@example.invalid]}}]}}
"""


@pytest.fixture
async def letterbox():
    async with Letterbox() as box:
        yield box


def instance(home: Path, letterbox: Letterbox) -> Path:
    """A report that was due two minutes ago, and is planned since yesterday."""
    mail = f'smtp_host = "127.0.0.1"\nsmtp_port = {letterbox.port}\nsmtp_from = "cti@example.invalid"\n'
    (home / "cti.toml").write_text(mail)
    (home / "secrets.toml").write_text("")
    (home / "secrets.toml").chmod(0o600)
    due = (datetime.now(UTC) - SETTLE - timedelta(minutes=1)).astimezone(ZoneInfo("Asia/Shanghai"))
    (home / "site.yaml").write_text(SITE.format(at=due))
    ledger = Ledger(ledger_file(load_config(home)))
    yesterday = datetime.now(UTC) - timedelta(hours=23)
    ledger.plan("now", "li@example.invalid", f"daily {due:%H:%M}", yesterday)
    ledger.close()
    return home


async def test_what_is_due_goes_out_when_the_journals_are_caught_up_with(tmp_path, letterbox):
    caught_up = asyncio.Event()
    running = asyncio.create_task(Dispatch(load_config(instance(tmp_path, letterbox))).run(caught_up))
    await asyncio.sleep(0)
    assert letterbox.letters == []
    caught_up.set()
    letter = await letterbox.letter(lambda mail: mail["To"] == "li@example.invalid")
    assert "queue" in letter["Subject"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    with alone(ledger_file(load_config(tmp_path))):
        pass  # the lock was given back

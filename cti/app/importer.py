"""The importer's process: journals and recordings become rows, messages are mailed, reports sent, sums kept.

It decides no call and speaks with no Asterisk, and so it imports neither.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os

from ..config import Config
from ..db.sounds import Sounds
from ..db.store import Store
from ..errors import CtiError
from ..journal.importer import Importer, journal_files
from ..mailroom import Mailroom
from ..recordings.index import Recording, RecordingIndex, rest_seconds
from ..reporting.dispatch import Dispatch
from ..reporting.upkeep import keep_rolled_up
from .tasks import tasks

log = logging.getLogger(__name__)
NICENESS = 15  # rows may be a minute late; a call may not
# Made in a round of the importer, and gone after it. Looking for cycles in each 700 of them took a seventh of its time.
_ROUND_OBJECTS = 50_000


async def run_importer(config: Config, stop: asyncio.Event) -> None:
    """Journals and recordings into rows, until `stop`; with the CPU that calls leave over.

    Niceness counts inside of a session only, where the kernel groups by session (cti/pbx/process.py): all stay in one.
    """
    os.nice(NICENESS)
    async with Store(config.database_url) as store, tasks() as start:
        files = journal_files(config.log_dir, config.journal_file)
        importer = Importer(files, store)
        mailroom = Mailroom(config, store)
        await mailroom.read_rules()
        start(importer.run(), "importer")
        start(mailroom.run(importer.caught_up), "mailroom")
        start(Dispatch(config).run(importer.caught_up), "reports")
        start(keep_rolled_up(config.home, store), "rollups")
        start(_indexing(RecordingIndex(config.recordings, Sounds(store.database, Recording))), "recordings")
        gc.freeze()
        gc.set_threshold(_ROUND_OBJECTS)
        await stop.wait()


async def _indexing(index: RecordingIndex) -> None:
    while True:
        try:
            changed = await index.step()
        except CtiError as error:
            log.error("recordings wait: %s", error)
            changed = 0
        await asyncio.sleep(rest_seconds(changed))

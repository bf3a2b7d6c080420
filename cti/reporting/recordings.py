"""Rows -> the report `recordings`. Which calls should be recorded is the site's rule as it is now."""

from __future__ import annotations

from ..core.metrics.coverage import Sound, covered
from ..db.people import People
from ..db.store import Store
from ..db.talked import TalkedRow, sounds_of
from ..reports.document import Note, Report
from ..reports.recordings import RecordedCall, recordings_report, recordings_rows
from ..site.model import RecordingPolicy
from .question import Maker, Question, Row

_NO_SITE = Note(
    says="site.yaml cannot be read (cti site check): taken as if every call should be recorded",
    says_zh="无法读取 site.yaml（cti site check）：按全部通话都应录音计算",
)
_RULE = Note(
    says="what should be recorded is what site.yaml says now (recording: queues, direct)",
    says_zh="应录通话以 site.yaml 当前的设置为准（recording: queues, direct）",
)


async def _make(store: Store, question: Question) -> Report:
    per = str(question.more.get("per", "queue"))
    calls = [call for call in await _calls(store, question) if per == "queue" or call.agent]
    titles = await People(store.database).names()
    notes = (_RULE if question.site else _NO_SITE,)
    return recordings_report(question.asked, calls, per=per, titles=titles, notes=notes)


async def _drill(store: Store, question: Question) -> list[Row]:
    return recordings_rows(await _calls(store, question))


async def _calls(store: Store, question: Question) -> list[RecordedCall]:
    policy = question.site.recording if question.site else RecordingPolicy()
    question.tell("reading talks", 0, 0)
    talked = [row for row in await question.facts_of(store).talked_calls(question.span) if _wanted(row, policy)]
    question.tell("reading recordings", 0, 0)
    sounds = await sounds_of(store.database, [row.call for row in talked])
    found = []
    for row in talked:
        own = [
            Sound(path=sound["path"], state=sound["state"], ms=round(sound["seconds"] * 1000))
            for sound in sounds.get(row.call, ())
        ]
        judged = covered(row.talk_ms, own, over=row.ended)
        found.append(
            RecordedCall(
                call=row.call, started=row.started, queue=row.queue, agent=row.agent, covered=judged, sounds=own
            )
        )
    return found


def _wanted(row: TalkedRow, policy: RecordingPolicy) -> bool:
    return policy.queues if row.queue else policy.direct


RECORDINGS = Maker(make=_make, drill=_drill)

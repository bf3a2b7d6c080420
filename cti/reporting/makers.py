"""The reports that have a maker of their own, by name. The others add up counters: see `reports.build`."""

from __future__ import annotations

from collections.abc import Mapping

from .adherence import ADHERENCE
from .expected_wait import EXPECTED_WAIT
from .funnel import FUNNEL
from .heatmap import HEATMAP
from .missed import MISSED
from .outcome import OUTCOME
from .pauses import PAUSES
from .question import Maker
from .recordings import RECORDINGS
from .repeat import REPEAT
from .staffing import STAFFING
from .survey import SURVEY
from .transfers import TRANSFERS
from .waits import WAITS
from .wallboard import WALLBOARD

MAKERS: Mapping[str, Maker] = {
    "outcome": OUTCOME,
    "funnel": FUNNEL,
    "heatmap": HEATMAP,
    "waits": WAITS,
    "transfers": TRANSFERS,
    "missed": MISSED,
    "pauses": PAUSES,
    "repeat": REPEAT,
    "recordings": RECORDINGS,
    "survey": SURVEY,
    "wallboard": WALLBOARD,
    "staffing": STAFFING,
    "expected-wait": EXPECTED_WAIT,
    "adherence": ADHERENCE,
}

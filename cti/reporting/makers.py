"""The reports that have a maker of their own, by name. The others add up counters: see `reports.build`."""

from __future__ import annotations

from collections.abc import Mapping

from .question import Maker
from .repeat import REPEAT

MAKERS: Mapping[str, Maker] = {"repeat": REPEAT}

"""What "in time" and "short" mean at a site: `service_level` of a queue as written, and T and S as metrics want them.

It knows both vocabularies; it counts nothing.
"""

from __future__ import annotations

from ..core.metrics.thresholds import Thresholds
from .fields import Fields
from .model import Site
from .report_values import ServiceLevel

_MOST_SECONDS = 3600
_ABSENT = -1.0


def read_service_level(queue: Fields) -> ServiceLevel:
    """The option of a queue; nothing of its own where nothing is said."""
    node = queue.get("service_level")
    if node is None:
        return ServiceLevel()
    fields = Fields(queue.ctx, node, f"{queue.what}: service_level", queue.line("service_level"))
    within = fields.decimal("within_seconds", _ABSENT, 0, _MOST_SECONDS)
    short = fields.decimal("short_seconds", _ABSENT, 0, _MOST_SECONDS)
    fields.done()
    if not fields.broken and not fields.values:
        queue.ctx.wrong(fields.at, f"{fields.what} says nothing", "within_seconds, short_seconds or both")
    return ServiceLevel(
        within_seconds=None if within == _ABSENT else within, short_seconds=None if short == _ABSENT else short
    )


def thresholds_of(site: Site) -> Thresholds:
    """T and S of the site, and of the queues that have their own."""
    usual = Thresholds(within_ms=_ms(site.reports.within_seconds), short_ms=_ms(site.reports.short_seconds))
    own = {}
    for name, queue in site.queues.items():
        within, short = queue.service_level.within_seconds, queue.service_level.short_seconds
        if within is not None or short is not None:
            own[name] = usual.instead(None if within is None else _ms(within), None if short is None else _ms(short))
    return Thresholds(within_ms=usual.within_ms, short_ms=usual.short_ms, queues=own)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)

"""site.yaml, and what it includes, from disk to a Site, or every mistake at once.

It knows the order in which sections are read; it refuses to guess: one mistake anywhere and there is no Site.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import yaml

from ..errors import SiteError
from .announced import with_phrases
from .check import check_whole
from .externals import check_ways, read_external
from .feature_codes import read_feature_codes, read_supervisor_pin
from .fields import Context, Fields, named
from .files import INCLUDE, INCLUDE_SCHEMA, read_site_files
from .in_call import CallKeys, Transfers
from .in_call_sections import read_call_keys, read_parking, read_transfers
from .inputs import read_input
from .menus import read_menu
from .model import Fallback, FeatureCodes, RecordingPolicy, Site
from .reading import Mistakes, entries, line_of
from .report_values import Reports
from .reports import read_reports
from .sections import (
    read_fallback,
    read_number,
    read_pause_reason,
    read_queue,
    read_recording,
    read_site_info,
)
from .shipped import shipped_prompts
from .spoken import read_prompt
from .surveys import read_survey
from .times import read_schedule
from .trunks import read_outbound, read_trunk
from .voicemail import check_codes, read_voicemail

_T = TypeVar("_T")
_Reader = Callable[[Context, yaml.ScalarNode, yaml.Node], _T]
_NAMED: dict[str, _Reader[Any]] = {
    "trunks": read_trunk,
    "prompts": read_prompt,
    "schedules": read_schedule,
    "menus": read_menu,
    "inputs": read_input,
    "pause_reasons": read_pause_reason,
    "surveys": read_survey,
    "queues": read_queue,
    "voicemail": read_voicemail,
    "externals": read_external,
}
SPREAD = frozenset({*_NAMED, "numbers"})  # sections of names: each may stand in several files


def load_site(path: Path, today: date | None = None) -> Site:
    """Read and check a site file and those that it includes. Public holidays are those around `today` (None: by the
    machine's clock, UTC).

    Raises SiteError; its `mistakes` are `path:line: text (hint)` lines in the files' order, all of them at once
    (only broken YAML, an alias or a file that cannot be read hides the rest).
    """
    mistakes = Mistakes(str(path))
    root, _ = read_site_files(path, mistakes, SPREAD)
    site = None if mistakes.found else read_root(root, path, mistakes, today or datetime.now(UTC).date())
    if site is None or mistakes.found:
        raise SiteError(mistakes.lines())
    return site


def read_root(root: yaml.Node | None, path: Path, mistakes: Mistakes, today: date) -> Site | None:
    ctx = Context(mistakes, path.parent, today, _names(root))
    top = Fields(ctx, root, "site.yaml", 1)
    info = read_site_info(ctx, top.line("site"), top.get("site", required=True))
    sections: dict[str, Any] = {name: _section(ctx, top, name, read) for name, read in _NAMED.items()}
    numbers = entries(top.get("numbers"), "numbers", mistakes)
    sections["numbers"] = {key.value: read_number(ctx, key, node) for key, node in numbers}
    sections["outbound"] = _single(ctx, top, "outbound", read_outbound, None)
    sections["fallback"] = _single(ctx, top, "fallback", read_fallback, Fallback())
    sections["feature_codes"] = _single(ctx, top, "feature_codes", read_feature_codes, FeatureCodes())
    sections["call_keys"] = _single(ctx, top, "call_keys", read_call_keys, CallKeys())
    sections["transfers"] = _single(ctx, top, "transfers", read_transfers, Transfers())
    sections["parking"] = _single(ctx, top, "parking", read_parking, None)
    sections["supervisor_pin"] = read_supervisor_pin(top)
    sections["reports"] = _single(ctx, top, "reports", read_reports, Reports())
    sections["recording"] = _single(ctx, top, "recording", read_recording, RecordingPolicy())
    top.get(INCLUDE)
    top.takes(INCLUDE, **INCLUDE_SCHEMA)
    top.done()
    check_codes(ctx, sections["voicemail"], sections["feature_codes"])
    sections["prompts"] = with_phrases(ctx, sections["prompts"], sections["queues"])
    check_whole(ctx)
    check_ways(ctx, sections["externals"])
    if mistakes.found:
        return None
    uses = {name: tuple(dict.fromkeys(places)) for name, places in ctx.prompt_uses.items()}
    site = Site(site=info, **sections, warnings=tuple(mistakes.warnings()), prompt_uses=uses)
    return site.model_copy(update={"prompts": {**site.prompts, **shipped_prompts(site)}})


def _names(root: yaml.Node | None) -> dict[str, dict[str, int]]:
    """Every name that is defined, by section, before anything is read: a broken queue still exists."""
    if not isinstance(root, yaml.MappingNode):
        return {}
    return {
        key.value: {name.value: line_of(name) for name, _ in node.value if isinstance(name, yaml.ScalarNode)}
        for key, node in root.value
        if isinstance(key, yaml.ScalarNode) and isinstance(node, yaml.MappingNode)
    }


def _section(ctx: Context, top: Fields, name: str, read: _Reader[_T]) -> dict[str, _T]:
    return {key.value: read(ctx, key, node) for key, node in named(ctx, top.get(name), name)}


def _single(ctx: Context, top: Fields, name: str, read: _Reader[_T], default: _T | None) -> _T | None:
    node = top.get(name)
    return default if node is None else read(ctx, top.values[name][0], node)

"""Where in the site's files each name is written, for those who find fault later than the reading. It knows lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from .fields import SECTION_OF
from .files import read_site_files
from .load import SPREAD
from .reading import Mistakes

SECTIONS = {"did": "numbers"} | SECTION_OF  # what a place's kind is called in site.yaml


def places_of(path: Path) -> Mapping[tuple[str, str], tuple[str, int]]:
    """(section, name) -> (file, line), and (section, "") for the section itself. Raises SiteError without a file."""
    mistakes = Mistakes(str(path))
    root, _ = read_site_files(path, mistakes, SPREAD)
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for key, node in root.value if isinstance(root, yaml.MappingNode) else []:
        found[key.value, ""] = _where(mistakes, key)
        for name, _ in node.value if isinstance(node, yaml.MappingNode) else []:
            found[key.value, name.value] = _where(mistakes, name)
    return found


def _where(mistakes: Mistakes, node: yaml.Node) -> tuple[str, int]:
    file, _, line = mistakes.place(node).rpartition(":")
    return file, int(line)

"""Where a rendered line of the dialplan comes from: the template's line that printed it, and the site's entry.

It knows how templates look (Jinja2) and how our contexts are named; a guess that is not certain is not told. The
section that a line stands in is found first, then the line within it whose fixed words are the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from ..errors import SiteError
from ..site.files import read_site_files
from ..site.load import SPREAD
from ..site.reading import Mistakes

_CODE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
_HEADER = re.compile(r"^\[[^\]\n]+\]")
_SECTIONS = {
    "cti-did-": "numbers", "cti-schedule-": "schedules", "cti-menu-": "menus", "cti-queue-": "queues",
    "cti-exit-": "queues", "cti-voicemail-": "voicemail", "cti-external-": "externals", "cti-input-": "inputs",
    "cti-survey-": "surveys",
}  # fmt: skip


class Origins:
    """Of one instance: the folders of its templates (the first one wins) and its site.yaml."""

    def __init__(self, folders: Sequence[Path], site_file: Path) -> None:
        self._folders, self._site_file = folders, site_file

    def of(self, file: str, text: str, line: int) -> str:
        """`template.j2:12, site.yaml:40` for a line of a rendered file; as much of it as is known, or ""."""
        lines = text.splitlines()
        if not 0 < line <= len(lines):
            return ""
        header = next((each for each in reversed(lines[:line]) if _HEADER.match(each)), "")
        context = header.strip().partition("]")[0].removeprefix("[")
        entry = f"cti-queue-{context}" if file == "queues.conf" else context
        places = (self._template(file, header, lines[line - 1]), self._site(entry))
        return ", ".join(place for place in places if place)

    def _template(self, file: str, header: str, line: str) -> str:
        headers = ((path, n, each) for path in self._templates(file) for n, each in _numbered(path) if each[:1] == "[")
        found = _best(header, headers, least=2)
        if not header or found is None:
            return ""
        path, first = found
        numbered = list(_numbered(path))[first - 1 :]
        end = next((index for index, (_, each) in enumerate(numbered[1:], 1) if _HEADER.match(each)), len(numbered))
        best = _best(line, ((path, number, each) for number, each in numbered[:end]))
        return f"{path}:{best[1] if best else first}"

    def _templates(self, file: str) -> Iterable[Path]:
        """Those that may have printed it: its own, and the parts that the dialplan includes."""
        seen: set[str] = set()
        for folder in self._folders:
            for path in sorted(folder.glob("*.j2")):
                is_part = path.name.startswith("_") and file.startswith("extensions")
                if path.name not in seen and (is_part or path.name == f"{file}.j2"):
                    seen.add(path.name)
                    yield path

    def _site(self, context: str) -> str:
        prefix = next((each for each in _SECTIONS if context.startswith(each)), "")
        if not prefix:
            return ""
        mistakes = Mistakes(str(self._site_file))
        try:
            root, _ = read_site_files(self._site_file, mistakes, SPREAD)
        except SiteError:
            return ""
        for key, section in root.value if isinstance(root, yaml.MappingNode) else ():
            if key.value == _SECTIONS[prefix] and isinstance(section, yaml.MappingNode):
                for name, _ in section.value:
                    if name.value.lstrip("+") == context.removeprefix(prefix):
                        return mistakes.place(name)
        return ""


def _numbered(path: Path) -> Iterable[tuple[int, str]]:
    return enumerate(path.read_text(encoding="utf-8").splitlines(), 1)


def _best(line: str, candidates: Iterable[tuple[Path, int, str]], least: int = 4) -> tuple[Path, int] | None:
    """The only one whose fixed words fit best; None when several fit as well, or none does."""
    scored: list[tuple[int, Path, int]] = []
    for path, number, each in candidates:
        words = _CODE.split(each)
        fixed = sum(len(word.strip()) for word in words)
        if fixed >= least and re.fullmatch(".*".join(map(re.escape, words)), line):
            scored.append((fixed, path, number))
    most = max((score for score, _, _ in scored), default=0)
    found = [(path, number) for score, path, number in scored if score == most]
    return found[0] if len(found) == 1 else None

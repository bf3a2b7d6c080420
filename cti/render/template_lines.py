"""Which line of which template a rendered line comes from.

It knows one trick: the templates are rendered a second time with a mark at the end of every line of text. Where the
marks would change the text (a tag that swallows line ends) nothing is said rather than something wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from jinja2 import Environment, FileSystemLoader, TemplateError

_MARK = re.compile("\x01([0-9]+)\x02")
_TAG = re.compile(r"\{\{|\{%|\{#|\}\}|%\}|#\}")


class MarkingLoader(FileSystemLoader):
    """Loads templates with a mark at the end of each line of text; `lines` says what the marks stand for."""

    def __init__(self, folders: list[str]) -> None:
        super().__init__(folders)
        self.lines: list[str] = []

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        source, file, fresh = super().get_source(environment, template)
        return self._marked(source, str(file)), str(file), fresh

    def _marked(self, source: str, file: str) -> str:
        marked, inside = [], ""
        for number, line in enumerate(source.split("\n"), 1):
            for tag in _TAG.findall(line):
                if not inside and tag[0] == "{":
                    inside = tag
                elif inside and tag == {"{{": "}}", "{%": "%}", "{#": "#}"}[inside]:
                    inside = ""
            text = not inside and not line.rstrip().endswith(("%}", "#}", "-}}"))
            marked.append(f"{line}\x01{len(self.lines)}\x02" if text else line)
            self.lines.append(f"{file}:{number}")
        return "\n".join(marked)


def template_lines(
    environment: Environment, folders: list[str], name: str, text: str, given: dict[str, object]
) -> list[str]:
    """`template:line` of each line of `text`, which is what template `name` renders to; [] when that cannot be said."""
    loader = MarkingLoader(folders)
    try:
        marked = environment.overlay(loader=loader, cache_size=0).get_template(name).render(given)
    except (TemplateError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError):
        return []
    lines = marked.split("\n")
    if [_MARK.sub("", line) for line in lines] != text.split("\n"):
        return []
    marks = [_MARK.search(line) for line in lines]
    return [loader.lines[int(mark[1])] if mark else "" for mark in marks]

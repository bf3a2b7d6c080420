"""Imports point inward only, and no file is too long (DESIGN §3, STYLE)."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "cti"
FILES = sorted(PACKAGE.rglob("*.py"))
MIDDLE = {"ami", "agi", "db", "journal", "phones", "pbx", "recordings", "render", "reports", "site", "voicemail"}
FREE = {"errors", "config", "share", "ports", ""}  # "" is cti/__init__.py
ALL = object()
MAY_IMPORT: dict[str, object] = {
    "errors": set(),
    "share": set(),
    "config": {"errors"},
    "ports": {"config", "errors", "share"},
    "core": {"errors"},
    **{room: {"core"} | FREE for room in MIDDLE},
    "render": {"core", "site"} | FREE,
    "engine": {"core"} | MIDDLE | FREE,
    "reporting": {"core"} | MIDDLE | FREE,  # rows and facts to reports, for whoever shows or sends them
    "web": {"core", "engine", "reporting"} | MIDDLE | FREE,
    "stage": {"core", "backlog"} | MIDDLE | FREE,
    "ship": {"core"} | MIDDLE | FREE,
    "cli": {"core", "engine", "app", "supervisor", "backlog", "stage", "ship", "mailroom", "reporting"} | MIDDLE | FREE,
    "supervisor": FREE,
    "app": ALL,
    "backlog": {"core"} | MIDDLE | FREE,  # journals into rows with all processors; app's importer stays one process
    "mailroom": {"core"} | MIDDLE | FREE,  # app's second half, for messages
    "__main__": ALL,
    "": FREE,
}
LONGEST = 400


def room_of(file: Path, package: Path = PACKAGE) -> str:
    """`core` for cti/core/acd.py, `engine` for cti/engine.py, "" for cti/__init__.py."""
    first, *rest = file.relative_to(package).with_suffix("").parts
    return "" if first == "__init__" and not rest else first


def imported(source: str, module: tuple[str, ...]) -> set[tuple[str, ...]]:
    """Every module that this source names, as parts; `module` is its own package, to resolve relative imports."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {tuple(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = module[: len(module) - node.level + 1] if node.level else ()
            start = (*base, *(node.module.split(".") if node.module else ()))
            found |= {(*start, alias.name) for alias in node.names}
    return found


def rooms_imported(file: Path) -> set[str]:
    package = ("cti", *file.relative_to(PACKAGE).parent.parts)
    ours = {name[1] for name in imported(file.read_text(encoding="utf-8"), package) if name[0] == "cti" and name[1:]}
    return {name if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").is_file() else "" for name in ours}


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_imports_point_inward(file):
    room = room_of(file)
    assert room in MAY_IMPORT, f"cti/{room} is in no ring: give it one here and in DESIGN §3"
    allowed = MAY_IMPORT[room]
    if allowed is not ALL:
        assert rooms_imported(file) - {room} <= allowed


@pytest.mark.parametrize("file", sorted((PACKAGE / "core").rglob("*.py")), ids=lambda f: f.name)
def test_the_core_needs_only_the_standard_library_and_touches_nothing(file):
    names = {name[0] for name in imported(file.read_text(encoding="utf-8"), ("cti", "core"))} - {"cti"}
    assert names <= set(sys.stdlib_module_names)
    assert not names & {"asyncio", "socket", "time", "threading", "subprocess", "os", "random", "logging", "sqlite3"}


def test_no_file_is_too_long():
    long = {str(f.relative_to(PACKAGE)): n for f in FILES if (n := len(f.read_text("utf-8").splitlines())) > LONGEST}
    assert long == {}


def test_no_file_is_named_after_nothing():
    assert not [f.name for f in FILES if f.stem in {"utils", "util", "helpers", "helper", "manager", "base", "common"}]


def test_each_migration_follows_the_one_before():
    """Two people who take the next number at once would break every database, and only slow tests would tell."""
    files = sorted((PACKAGE.parent / "migrations" / "versions").glob("*.py"))
    numbers = [f"{number:04}" for number in range(1, len(files) + 1)]
    assert [file.name[:4] for file in files] == numbers
    for file, number, before in zip(files, numbers, [None, *numbers], strict=False):
        text = file.read_text(encoding="utf-8")
        assert f'\nrevision = "{number}"\n' in text, file.name
        assert f"\ndown_revision = {before!r}\n".replace("'", '"') in text, file.name


@pytest.mark.parametrize(
    ("source", "module", "found"),
    [
        ("import cti.web.api", ("cti", "core"), ("cti", "web", "api")),
        ("from ..web import api", ("cti", "core"), ("cti", "web", "api")),
        ("from .. import web", ("cti", "core"), ("cti", "web")),
        ("from .words import Need", ("cti", "core"), ("cti", "core", "words", "Need")),
        ("def f():\n    from cti import web", ("cti", "core"), ("cti", "web")),
    ],
)
def test_the_reader_of_imports_sees_every_kind(source, module, found):
    assert found in imported(source, module)

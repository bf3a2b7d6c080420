"""An engine that was killed is awaited by every caller in line: neither process imports what only the other uses."""

import subprocess
import sys

import pytest

LOADED = "import sys; from cti.app.__main__ import process; process(sys.argv[1]); print(*sys.modules)"


@pytest.mark.parametrize(
    ("name", "wanted", "unwanted"),
    [
        ("engine", "cti.app.engine", {"cti.app.importer", "cti.mailroom", "cti.reporting", "xlsxwriter"}),
        ("importer", "cti.app.importer", {"cti.app.engine", "cti.web", "cti.ami", "cti.agi", "aiohttp", "panoramisk"}),
    ],
)
def test_a_process_imports_what_it_uses(name, wanted, unwanted):
    ran = subprocess.run([sys.executable, "-c", LOADED, name], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert wanted in loaded
    # a migration, PostgreSQL and a report to be sent bring their own, when there is one
    assert not loaded & (unwanted | {"alembic", "asyncpg", "pyarrow", "numpy", "cti.reports.page"})

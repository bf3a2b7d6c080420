"""What is shipped: the wheel holds every folder that the code looks for beside itself."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_templates_migrations_scripts_and_pages_travel_with_the_code(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("dialplan", "asterisk_conf", "agi_scripts", "migrations"):
        shipped = {p.relative_to(ROOT).as_posix() for p in (ROOT / folder).rglob("*") if p.is_file()}
        wanted = {f"cti/_share/{name}" for name in shipped if "__pycache__" not in name}
        assert wanted <= names
    data = [p for p in (ROOT / "cti").rglob("*") if p.suffix in (".html", ".js", ".css", ".svg", ".xml", ".j2")]
    assert data
    assert {p.relative_to(ROOT).as_posix() for p in data} <= names


def test_a_copy_of_the_wheel_makes_an_instance_by_itself(wheel, tmp_path):
    """Unpacked far from the checkout, the code finds its own templates."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "lib")
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from cti.cli import main; main()"
    run = [sys.executable, "-I", "-c", code, str(tmp_path / "lib")]
    home = tmp_path / "home"
    subprocess.run([*run, "init", str(home), "--demo"], check=True, capture_output=True, cwd=tmp_path)
    checked = subprocess.run(
        [*run, "--home", str(home), "site", "check"], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    assert checked.stdout.startswith("ok:")
    added = [*run, "--home", str(home), "agent", "add", "1001", "Li"]
    subprocess.run(added, check=True, capture_output=True, cwd=tmp_path)  # runs the shipped migrations

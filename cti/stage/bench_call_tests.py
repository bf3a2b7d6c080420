"""The demo site's call tests as real calls: how long fifty cases take, start of Asterisk, engine and phones included.

    scripts/bench_call_tests [--json] [--rounds 1]

Prompts are heard in real time, so much of it is waiting: `longest_call_seconds` cannot be beaten. Aim: 50 cases in
under 60 s on two cores. Run it alone.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from ..share import shared_folder
from .bench_report import show

FILES = ("site.yaml", "calls.yaml")


def measured() -> dict[str, float]:
    """One run of the command; raises SystemExit with its output when a case goes wrong."""
    with tempfile.TemporaryDirectory() as folder:
        for name in FILES:
            (Path(folder) / name).write_bytes((shared_folder("dialplan") / name).read_bytes())
        command = [sys.executable, "-m", "cti", "--home", folder, "dialplan", "test", "--json"]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(ran.stdout + ran.stderr)
    told = json.loads(ran.stdout)
    longest = max(one["seconds"] for one in told["results"])
    return {"cases": told["cases"], "seconds": told["seconds"], "longest_call_seconds": longest}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, default=1, help="the fastest counts")
    options = parser.parse_args()
    result = min((measured() for _ in range(options.rounds)), key=lambda one: one["seconds"])
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    result["cpu_seconds"] = round((used.ru_utime + used.ru_stime) / options.rounds, 1)
    result["aim_seconds"] = 60
    if options.json:
        print(json.dumps(result))
    else:
        show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main())

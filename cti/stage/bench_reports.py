"""From journals to numbers: how fast history comes in, and how fast reports come out of it.

    scripts/bench_reports [--json] [--scale 1.0] [--only import] [--database sqlite]

Each part tells in its own words what it measures (`bench_import`, `bench_counting`). `--scale 0.1`: CI's size.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from . import bench_counting, bench_import
from .bench_counting import DATABASES

Part = Callable[[float, Callable[[str], None], tuple[str, ...]], dict[str, Any]]
PARTS: dict[str, Part] = {"import": bench_import.measured, "reports": bench_counting.measured}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    parser.add_argument("--scale", type=float, default=1.0, help="1 = the full size")
    parser.add_argument("--only", choices=sorted(PARTS), action="append", help="this part; may be repeated")
    parser.add_argument("--database", choices=DATABASES, action="append", help="this one; may be repeated")
    options = parser.parse_args()
    databases = tuple(options.database or DATABASES)
    result = {}
    for name in options.only or PARTS:
        result[name] = PARTS[name](options.scale, lambda text: print(text, file=sys.stderr, flush=True), databases)
    if options.json:
        print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())

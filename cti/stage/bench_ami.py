"""Events per second of our AMI codec beside panoramisk's and beside bare splitting, on the same recorded stream.

    scripts/bench_ami [--json] [--events N] [--rounds N] [--segment BYTES]

The stream is tests/traces/shapes/*/*.ami repeated: what the engine's account was sent for 24 kinds of calls (Asterisk
22; plain, transferred, parked, forwarded …). All readers take turns in every round, their own
CPU time counts, and a ratio is the median of the rounds' ratios: a busy machine moves it little. `bare_dict` is the
ceiling: split into messages, lines and a dict of bytes, with no decoding, no limits and no check; `bare_lines` stops at
the lines.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from ..ami.wire import BANNER, END, EOL, Decoder

TRACES = Path(__file__).parents[2] / "tests" / "traces" / "shapes"
GREETING = BANNER + b"11.0.0" + EOL


def recorded(events: int) -> tuple[bytes, int]:
    """The traces' messages, without banners, repeated to at least `events`; and how many those are."""
    traces = [trace.read_bytes() for trace in sorted(TRACES.glob("*/*.ami"))]
    if not traces:
        raise SystemExit(f"error: no recorded streams in {TRACES}; run this in a checkout")
    once = b"".join(trace.partition(EOL)[2].rpartition(END)[0] + END for trace in traces)
    times = -(-events // once.count(END))
    return once * times, once.count(END) * times


def bare_frames(segments: list[bytes]) -> None:
    for message in b"".join(segments).split(END):
        message.split(EOL)


def bare(segments: list[bytes]) -> None:
    for message in b"".join(segments).split(END):
        headers = {}
        for line in message.split(EOL):
            key, _, value = line.partition(b": ")
            headers[key] = value


def full(segments: list[bytes]) -> None:
    feed = started(None).feed
    for segment in segments:
        for message in feed(segment):
            message.headers  # noqa: B018  # all of them, decoded, in a dict


def framed(segments: list[bytes]) -> None:
    feed = started(None).feed
    for segment in segments:
        feed(segment)


def unwanted(segments: list[bytes]) -> None:
    feed = started(frozenset()).feed
    for segment in segments:
        feed(segment)


def panoramisk(segments: list[bytes]) -> None:
    asyncio.run(panoramisk_in_a_loop(segments))


async def panoramisk_in_a_loop(segments: list[bytes]) -> None:
    protocol = AMIProtocol()
    protocol.connection_made(None)
    protocol.factory = Manager(loop=asyncio.get_running_loop())
    for segment in [GREETING, *segments]:
        protocol.data_received(segment)
    await asyncio.sleep(0)  # its own callback for FullyBooted runs as a task


def started(wanted: frozenset[bytes] | None) -> Decoder:
    decoder = Decoder(wanted)
    decoder.feed(GREETING)
    return decoder


READERS: dict[str, Callable[[list[bytes]], None]] = {
    "bare_lines": bare_frames,
    "bare_dict": bare,
    "ours_framed": framed,
    "ours_all_headers": full,
    "ours_unwanted": unwanted,
    "panoramisk": panoramisk,
}
RATIOS = (
    ("ours_all_headers", "bare_dict"),
    ("ours_framed", "bare_lines"),
    ("ours_unwanted", "bare_lines"),
    ("ours_all_headers", "panoramisk"),
)


def measured(events: int, rounds: int, segment: int) -> dict[str, Any]:
    """What `--json` prints: medians of the rounds, and the ratios of RATIOS."""
    stream, count = recorded(events)
    rates = measure([stream[at : at + segment] for at in range(0, len(stream), segment)], count, rounds)
    return {
        "events": count,
        "bytes": len(stream),
        "per_second": {name: round(statistics.median(values)) for name, values in rates.items()},
        "ratios": {f"{one}_to_{other}": round(median_ratio(rates, one, other), 3) for one, other in RATIOS},
    }


def measure(segments: list[bytes], count: int, rounds: int) -> dict[str, list[float]]:
    """Events per second of this process' own time, one number a round."""
    rates: dict[str, list[float]] = {name: [] for name in READERS}
    for _ in range(rounds):
        for name, read in READERS.items():
            begun = time.process_time()
            read(segments)
            rates[name].append(count / (time.process_time() - begun))
    return rates


def median_ratio(rates: dict[str, list[float]], one: str, other: str) -> float:
    return statistics.median(a / b for a, b in zip(rates[one], rates[other], strict=True))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--events", type=int, default=20_000, help="least number of events in the stream")
    parser.add_argument("--rounds", type=int, default=5, help="rounds; the median counts")
    parser.add_argument("--segment", type=int, default=8_192, help="bytes fed at once")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    found = measured(options.events, options.rounds, options.segment)
    if options.json:
        print(json.dumps(found))
        return 0
    print(f"{found['events']} events of {found['bytes'] // found['events']} bytes, median of {options.rounds} rounds")
    for name, rate in found["per_second"].items():
        print(f"{name:32}{rate:14,} events/s")
    for name, ratio in found["ratios"].items():
        print(f"{name:32}{ratio:14.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""How is my order? Asks a web service and tells the dialplan which way to go.

    AGI(agi://127.0.0.1:PORT/script/order_status,${CTI_DIGITS_order})

Reads from the engine's environment CTI_ORDER_URL, e.g. https://shop.example.invalid/orders/{order}, and
CTI_ORDER_SECONDS (default 2). The service answers JSON, {"status": "shipped"}, or 404. Sets last:

    CTI_ORDER     open | shipped | delivered | unknown (404, or a status that we do not know) | error

    same => n,AGI(agi://127.0.0.1:4573/script/order_status,${CTI_DIGITS_order})
    same => n,Goto(order-${IF($["${CTI_ORDER}" = ""]?error:${CTI_ORDER})},1)

The same file also runs as a process of its own: AGI(/path/order_status.py).
"""

import json
import os
import re
import sys
import urllib.error
import urllib.request

from asterisk.agi import AGI, AGIHangup

KNOWN = ("open", "shipped", "delivered")
MAX_ANSWER = 64 * 1024  # bytes


def ask(order: str) -> str:
    """The order's status as the service says it. Raises OSError, ValueError or KeyError when it says nothing usable."""
    url = os.environ["CTI_ORDER_URL"].replace("{order}", order)
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"CTI_ORDER_URL must be http:// or https://, not {url[:40]!r}")
    request = urllib.request.Request(url, headers={"Accept": "application/json"})  # noqa: S310 (checked above)
    seconds = float(os.environ.get("CTI_ORDER_SECONDS", "2"))
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            return str(json.loads(answer.read(MAX_ANSWER))["status"])
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 404:
                return "unknown"
            raise


def branch(order: str) -> str:
    """Where the call goes on."""
    if re.fullmatch(r"[0-9]{1,20}", order) is None:
        return "unknown"
    try:
        status = ask(order)
    except (OSError, ValueError, KeyError, TypeError) as error:
        sys.stderr.write(f"order_status: {error}\n")
        return "error"
    return status if status in KNOWN else "unknown"


def main(agi: AGI) -> None:
    """One call."""
    agi.set_variable("CTI_ORDER", branch(agi.env.get("agi_arg_1", "")))


if __name__ == "__main__":
    try:
        main(AGI())
    except AGIHangup:
        sys.exit(0)

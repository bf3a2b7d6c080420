"""Asks the running engine over its own API, with the instance's supervisor token. Knows HTTP, nothing of presence."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config import load_config
from ..errors import CtiError, NotFound, Refused, UsageError

_ERRORS: dict[int, type[CtiError]] = {400: UsageError, 404: NotFound, 409: Refused}
TIMEOUT_SECONDS = 10.0


def ask(
    home: Path,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Any:
    """The JSON answer of the instance's engine. Raises the engine's own refusal, or CtiError when none answers."""
    config = load_config(home)
    request = urllib.request.Request(
        f"http://{config.bind}:{config.web_port}{urllib.parse.quote(path)}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {config.secrets.admin_token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=timeout_seconds) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise _ERRORS.get(error.code, CtiError)(_reason(error)) from error
    except OSError as error:
        raise CtiError(f"no engine answers at {config.bind}:{config.web_port}; start it with: cti serve") from error


def _reason(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (ValueError, KeyError, TypeError):
        return f"the engine answered {error.code}"

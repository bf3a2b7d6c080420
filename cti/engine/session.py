"""What every FastAGI handler of the engine needs of a dialogue, and how it reads the dialplan's named arguments.

It knows `AGI(agi://…/script,key=value,…)`; what the keys mean, the handlers know.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import chain
from typing import Protocol

from ..errors import AgiRefused


class Session(Protocol):
    """One question of the dialplan, and its answer."""

    @property
    def args(self) -> Sequence[str]: ...

    async def finish(self, pairs: Sequence[tuple[str, str]]) -> None: ...


def named(script: str, arguments: Iterable[str], known: Collection[str]) -> dict[str, str]:
    """The arguments by their keys. Raises AgiRefused for a key that is unknown or given twice.

    Several may come as one, with `|` between them: Asterisk sends each argument in a packet of its own (res_agi.c:
    setup_env).
    """
    values: dict[str, str] = {}
    for argument in chain.from_iterable(several.split("|") for several in arguments):
        key, _, value = argument.partition("=")
        if key not in known or key in values:
            raise AgiRefused(f"{script}: argument {key[:40]!r} is unknown or given twice")
        values[key] = value
    return values

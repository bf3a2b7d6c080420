"""What became of one call, told the same way by the walk on paper and by a call on a real Asterisk.

It knows the words of a path and how two tellings differ; it refuses to know who tells: `core.walk` reckons one from
the site, `cti dialplan test` and the agreement test read one from what Asterisk did.

Items of a path, in the order in which the dialplan passes them: `did:4008001234`, `schedule:office=open`,
`schedule:office=closed(holiday)`, `menu:main=1`, `menu:main=invalid` and `menu:main=timeout` (one for each try),
`menu:main=back`, `input:member=12345`, `lookup:member=found` (or `not_found`, `error`), `queue:sales` (its schedule
comes after it), `survey:care` and `survey:care=4` (or `invalid`, `silent`), `voicemail:sales`, `external:duty`,
`agent:1001`, `hangup` (the dialplan's; who hangs up leaves none).
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Walked:
    """One call, from the number that was dialled to where it ended.

    `prompts` are the site's names, in the order in which they begin to play (one that a key cuts short counts).
    `destination` is the last place: `queue:sales`, `voicemail:x`, `external:x`, `agent:1001`, `survey:x` or `hangup`.
    `outcome` follows it: in a queue answered (also in its survey), abandoned, or waiting (for ever); voicemail;
    external; direct (an agent);
    at `hangup` why the last queue or number let the caller go (timeout, full, overflow, closed, exit_key), else hangup.
    """

    path: tuple[str, ...]
    prompts: tuple[str, ...]
    destination: str
    outcome: str


def differences(expected: Walked, seen: Walked) -> list[str]:
    """One line for each field that differs, with the first place where a list does; [] when the two agree."""
    pairs = [(field.name, getattr(expected, field.name), getattr(seen, field.name)) for field in fields(Walked)]
    return [_difference(name, left, right) for name, left, right in pairs if left != right]


def _difference(name: str, left: str | tuple[str, ...], right: str | tuple[str, ...]) -> str:
    if isinstance(left, str) or isinstance(right, str):
        return f"{name}: expected {left or 'nothing'}, was {right or 'nothing'}"
    at = next((i for i, (one, other) in enumerate(zip(left, right, strict=False)) if one != other), None)
    at = min(len(left), len(right)) if at is None else at
    return f"{name}, item {at + 1}: expected {_item(left, at)}, was {_item(right, at)}"


def _item(items: tuple[str, ...], at: int) -> str:
    return items[at] if at < len(items) else "no more"

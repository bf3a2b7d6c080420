"""What demo customers do when they call: the ten calls of `--once`, and an endless supply of others.

It knows the demo site's menus by heart (keys, and the path and queue to which they lead); it places no call.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from ..core.words import Need, Skill
from ..phones import Customer
from .demo_site import ABSENT, CUSTOMERS, HOTLINE, RESCUE

ENGLISH: Need = ((Skill("language_en"), 50),)
QUEUES = {"1": "sales", "2": "service", "3": "parts", "4": "complaints", "0": "rescue"}
NAMES = {customer.number: customer.name for customer in CUSTOMERS}
_KNOWN = list(NAMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One call to come, and what must become of it. Seconds of `keys` are from the answer.

    `number` None: the caller withholds it. `first`: the agent who must be offered the call before the one who takes
    it. `hang_up_after`: the customer ends the talk after so many seconds, else the agent does. `patience`: seconds
    after which a customer who is not served gives up; None: never.
    """

    title: str
    number: str | None
    queue: str
    keys: tuple[tuple[float, str], ...] = ()
    path: str = ""
    did: str = HOTLINE
    need: Need = ()
    first: str = ""
    hang_up_after: float | None = None
    patience: float | None = None
    start: float = 0.0

    @property
    def shown_number(self) -> str:
        """What Asterisk gets of the number: nothing when it is withheld."""
        return self.number or ""

    def customer(self) -> Customer:
        """The phone that plays this."""
        return Customer(did=self.did, from_number=self.number or "anonymous", digits=self.keys)


def pressing(*keys: str, first: float = 1.0, gap: float = 1.0) -> tuple[tuple[float, str], ...]:
    """One key each `gap` seconds."""
    return tuple((first + index * gap, key) for index, key in enumerate(keys))


def ten_calls() -> list[Scene]:
    """Ten calls that touch each queue, both languages and the ways in which a caller errs. Rescue is served by one
    agent at first, so the second rescue call has to wait; the first service call meets an agent who does not answer."""
    return [
        Scene(
            title="service; first agent absent",
            number=_KNOWN[0], keys=pressing("1", "2"), path="language:1>main:2", queue="service", first=ABSENT,
        ),
        Scene(
            title="rescue by its own number",
            number="13700010002", did=RESCUE, queue="rescue", start=0.4,
        ),
        Scene(
            title="sales in English",
            number=_KNOWN[1], keys=pressing("9", "1"), path="language:9>main:1", queue="sales", need=ENGLISH, start=0.8,
        ),
        Scene(
            title="parts; caller hangs up",
            number=_KNOWN[3], keys=pressing("1", "3"), path="language:1>main:3", queue="parts",
            hang_up_after=3.5, start=1.2,
        ),
        Scene(
            title="a complaint",
            number=_KNOWN[4], keys=pressing("1", "4"), path="language:1>main:4", queue="complaints", start=1.6,
        ),
        Scene(
            title="rescue by the menu, waits",
            number="13700010006", keys=pressing("1", "0"), path="language:1>main:0", queue="rescue", start=2.0,
        ),
        Scene(
            title="service; a wrong key first",
            number="13700010007", keys=((1.0, "5"), (5.0, "1"), (6.0, "2")), path="language:1>main:2",
            queue="service", start=2.4,
        ),
        Scene(
            title="sales; withheld, menu twice",
            number=None, keys=pressing("1", "*", "1"), path="language:1>main:*>main:1", queue="sales", start=2.8,
        ),
        Scene(
            title="service in English",
            number=_KNOWN[5], keys=pressing("9", "2"), path="language:9>main:2", queue="service", need=ENGLISH,
            hang_up_after=3.5, start=3.2,
        ),
        Scene(
            title="sales",
            number=_KNOWN[6], keys=pressing("1", "1"), path="language:1>main:1", queue="sales", start=3.6,
        ),
    ]  # fmt: skip


def random_scene(chance: random.Random) -> Scene:
    """One more customer for the live floor."""
    number = chance.choice(_KNOWN) if chance.random() < 0.5 else f"1370001{chance.randrange(10_000):04}"
    patience = chance.uniform(9.0, 20.0) if chance.random() < 0.15 else None
    hang_up_after = chance.uniform(4.0, 12.0) if chance.random() < 0.4 else None
    if chance.random() < 0.1:
        return Scene(title="rescue", number=number, did=RESCUE, queue="rescue", hang_up_after=hang_up_after)
    english = chance.random() < 0.25
    key = chance.choices("12340", weights=(6, 5, 0 if english else 3, 2, 1))[0]
    keys = pressing("9" if english else "1", key, first=chance.uniform(0.8, 4.0), gap=chance.uniform(0.7, 3.0))
    if chance.random() < 0.1:
        keys = ((0.8, "5"), *((seconds + 4.5, pressed) for seconds, pressed in keys))
    return Scene(
        title=QUEUES[key],
        number=number,
        keys=keys,
        path=f"language:{'9' if english else '1'}>main:{key}",
        queue=QUEUES[key],
        need=ENGLISH if english else (),
        hang_up_after=hang_up_after,
        patience=patience,
    )

"""The agents' rows as the phones that the renderer prints. It knows both shapes, and nothing of files."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ..config import Config
from ..render.inputs import PhoneCard

if TYPE_CHECKING:
    from ..db.people import Agent


def phones_of(config: Config) -> list[PhoneCard]:
    """The phones that the agents have now. Raises StoreError. Not for use inside an event loop."""
    from ..db.people import People  # where there is no instance, nobody waits for SQLAlchemy
    from ..db.store import Store

    async def read() -> list[PhoneCard]:
        async with Store(config.database_url) as store:
            return [_phone_card(agent) for agent in await People(store.database).agents()]

    return asyncio.run(read())


def _phone_card(agent: Agent) -> PhoneCard:
    return PhoneCard(
        endpoint=agent.phone.rpartition("/")[2],
        name=agent.name,
        agent=agent.number,
        secret=agent.phone_secret,
        contact=agent.phone_contact,
        mailbox_pin=agent.voicemail_pin,
    )

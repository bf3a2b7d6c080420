"""Waiting calls that somebody has missed, each with a witness: one agent at work who has not missed it.

While the witness is at work not everybody has been tried, so the call need not be looked at, however many agents come
and go. It knows who vouches for whom; who may be a witness is the matching's to say.
"""

from __future__ import annotations

from collections.abc import Iterable

from .words import AgentId, CallId


class Retrying:
    """A call without a witness is to be looked at."""

    def __init__(self) -> None:
        self._witness: dict[CallId, AgentId] = {}
        self._calls: dict[AgentId, dict[CallId, None]] = {}
        self.unwitnessed: dict[CallId, None] = {}  # in the order in which they lost theirs

    def add(self, call: CallId) -> None:
        """Somebody has missed this call; nobody vouches for it yet."""
        self.discard(call)
        self.unwitnessed[call] = None

    def vouch(self, call: CallId, agent: AgentId) -> None:
        """This agent is at work and has not been tried."""
        self.discard(call)
        self._witness[call] = agent
        self._calls.setdefault(agent, {})[call] = None

    def discard(self, call: CallId) -> None:
        """The call is not one of these any more."""
        self.unwitnessed.pop(call, None)
        agent = self._witness.pop(call, None)
        if agent is None:
            return
        calls = self._calls[agent]
        del calls[call]
        if not calls:
            del self._calls[agent]

    def gone(self, agents: Iterable[AgentId]) -> None:
        """These may not be at work any more, or able no more: they vouch for nobody."""
        for agent in agents:
            for call in self._calls.pop(agent, ()):
                del self._witness[call]
                self.unwitnessed[call] = None

    def __contains__(self, call: CallId) -> bool:
        return call in self._witness or call in self.unwitnessed

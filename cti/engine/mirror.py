"""Keeps `app_queue`'s members, penalties and pauses equal to the agents', so that the fallback can always serve.

It knows what should be there and tells Asterisk each change as it happens. After a reconnect, and after site.yaml or
the agents were read again, it compares with what `QueueStatus` says and mends the difference: a queue that Asterisk did
not know yet when an agent was added, a phone that changed. Members persist in AstDB (queues.conf:
persistentmembers=yes), so they also outlive a restart of Asterisk. Wrap-up is not mirrored: were the engine to die, the
agent would stay paused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from ..ami.members import Member
from ..core.commands import MirrorMember, MirrorPause, UnmirrorMember
from ..core.words import AgentId, Phone, QueueName

Send = Callable[[str, Mapping[str, str]], object]


class Mirror:
    """`send(action, headers)` posts one AMI action; it does nothing while the link is down."""

    def __init__(self, send: Send, phone_of: Callable[[AgentId], Phone | None]) -> None:
        self._out = send
        self._phone_of = phone_of
        self._wanted: dict[tuple[QueueName, AgentId], int] = {}
        self._paused: dict[AgentId, str] = {}
        self.changes = 0  # so far: whoever compares knows whether an answer is older than the last of them

    def member(self, command: MirrorMember) -> None:
        """Add the agent to the fallback queue, or change the penalty."""
        key = (command.queue, command.agent)
        phone = self._phone_of(command.agent)
        if phone is None or self._wanted.get(key) == command.penalty:
            return
        known = key in self._wanted
        self._wanted[key] = command.penalty
        if known:
            self._penalty(command.queue, phone, command.penalty)
        else:
            self._add(command.queue, command.agent, phone)

    def unmember(self, command: UnmirrorMember) -> None:
        """Take the agent out of the fallback queue."""
        phone = self._phone_of(command.agent)
        if self._wanted.pop((command.queue, command.agent), None) is not None and phone is not None:
            self._remove(command.queue, phone)

    def pause(self, command: MirrorPause) -> None:
        """Pause or unpause the agent in every fallback queue."""
        if command.paused:
            self._paused[command.agent] = command.reason
        else:
            self._paused.pop(command.agent, None)
        phone = self._phone_of(command.agent)
        if phone is not None and any(agent == command.agent for _, agent in self._wanted):
            self._pause(phone, command.paused, command.reason)

    def reconcile(self, members: Iterable[Member], queues: Iterable[QueueName]) -> int:
        """Mend what differs from `members`; foreign queues are left alone. Returns the number of actions sent."""
        ours = set(queues)
        there = {(QueueName(m.queue), m.interface): m for m in members if m.queue in ours}
        sent = 0
        for (queue, agent), penalty in self._wanted.items():
            phone = self._phone_of(agent)
            if phone is None:
                continue
            row = there.pop((queue, phone), None)
            if row is None:
                self._add(queue, agent, phone)
            elif row.name != agent:  # the phone was somebody else's
                self._remove(queue, phone)
                self._add(queue, agent, phone)
            elif (row.penalty, row.paused, row.reason if row.paused else "") != self._state(agent, penalty):
                self._penalty(queue, phone, penalty)
                self._pause(phone, agent in self._paused, self._paused.get(agent, ""), queue)
            else:
                continue
            sent += 1
        for queue, interface in there:
            self._remove(queue, Phone(interface))
        return sent + len(there)

    def _state(self, agent: AgentId, penalty: int) -> tuple[int, bool, str]:
        return penalty, agent in self._paused, self._paused.get(agent, "")

    def _send(self, action: str, headers: Mapping[str, str]) -> None:
        self.changes += 1
        self._out(action, headers)

    def _add(self, queue: QueueName, agent: AgentId, phone: Phone) -> None:
        headers = {
            "Queue": queue,
            "Interface": phone,
            "MemberName": agent,
            "StateInterface": phone,
            "Penalty": str(self._wanted[queue, agent]),
            "Paused": "true" if agent in self._paused else "false",
        }
        if self._paused.get(agent):
            headers["Reason"] = self._paused[agent]
        self._send("QueueAdd", headers)

    def _remove(self, queue: QueueName, phone: Phone) -> None:
        self._send("QueueRemove", {"Queue": queue, "Interface": phone})

    def _penalty(self, queue: QueueName, phone: Phone, penalty: int) -> None:
        self._send("QueuePenalty", {"Queue": queue, "Interface": phone, "Penalty": str(penalty)})

    def _pause(self, phone: Phone, paused: bool, reason: str, queue: QueueName | None = None) -> None:
        headers = {"Interface": phone, "Paused": "true" if paused else "false"}
        if queue is not None:
            headers["Queue"] = queue
        if reason:
            headers["Reason"] = reason
        self._send("QueuePause", headers)

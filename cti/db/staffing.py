"""What a change of the agents' rows would do, before it is done: who is added, changed, removed, and in which fields.

It knows agents as they are and as somebody wants them; it reads no file, opens no database and decides nothing for
itself. The same value is shown by a dry run and carried out by `People.staff`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ..errors import NotFound, UsageError
from .agent_csv import FIELDS, Sheet
from .people import Agent, mistakes_of

_HIDDEN = ("secret", "voicemail_pin")  # told by the fact only


class What(StrEnum):
    """What becomes of one agent's row."""

    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One agent's row before and after (None: there is none). `line` is where a file says so, else 0."""

    before: Agent | None
    after: Agent | None
    line: int = 0

    @property
    def agent(self) -> Agent:
        """Who it is about: as they will be, or as they were."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def what(self) -> What:
        if self.before is None:
            return What.ADD
        if self.after is None:
            return What.REMOVE
        return What.SAME if self.before == self.after else What.CHANGE

    @property
    def details(self) -> tuple[str, ...]:
        """Each field that differs, as text; a password only by the fact."""
        if self.before is None or self.after is None or self.before == self.after:
            return ()
        before, after = self.before, self.after
        told = [
            f"{column} {getattr(before, field) or 'none'} -> {getattr(after, field) or 'none'}"
            for column, field in FIELDS.items()
            if column not in ("skills", *_HIDDEN) and getattr(before, field) != getattr(after, field)
        ]
        secret = ["new SIP password"] if before.phone_secret != after.phone_secret else []
        pin = [_pin_changed(before, after)] if before.voicemail_pin != after.voicemail_pin else []
        return (*told, *secret, *pin, *_skills_changed(before.skills, after.skills))

    @property
    def phone_differs(self) -> bool:
        """Whether Asterisk's files change with it."""
        before, after = self.before, self.after
        return before is None or after is None or _as_rendered(before) != _as_rendered(after)


def _as_rendered(agent: Agent) -> tuple[str, ...]:
    return agent.name, agent.phone, agent.phone_secret, agent.phone_contact, agent.voicemail_pin


def _pin_changed(before: Agent, after: Agent) -> str:
    if not after.voicemail_pin:
        return "no mailbox any more"
    return "new mailbox PIN" if before.voicemail_pin else "a mailbox"


def from_sheet(known: Sequence[Agent], sheet: Sheet, *, prune: bool, new_secret: Callable[[], str]) -> list[Change]:
    """What importing this file does. A field whose column the file lacks stays; a phone that registers keeps its
    password or gets a new one. `prune` removes those whom the file does not name; a file that names nobody may not.
    """
    rows = {agent.number: agent for agent in known}
    changes = []
    for wanted in sheet.agents:
        before = rows.get(wanted.number)
        after = _merged(before, wanted, sheet.columns)
        if not after.phone_secret and not after.phone_contact:
            after = replace(after, phone_secret=(before.phone_secret if before else "") or new_secret())
        changes.append(Change(before=before, after=after, line=sheet.lines[wanted.number]))
    if prune and known and not sheet.agents:
        raise UsageError(f"the file names no agents: --prune would remove all {len(known)}; nothing was done")
    gone = [agent for agent in known if prune and agent.number not in sheet.lines]
    return changes + [Change(before=agent, after=None) for agent in gone]


def _merged(before: Agent | None, wanted: Agent, columns: frozenset[str]) -> Agent:
    if before is None:
        return wanted
    given = {field: getattr(wanted, field) for column, field in FIELDS.items() if column in columns}
    if not given.get("phone_secret"):
        given.pop("phone_secret", None)  # an empty cell keeps the password
    return replace(before, **given)


def with_skills(known: Sequence[Agent], numbers: Iterable[str], levels: Mapping[str, int]) -> list[Change]:
    """These agents with these levels set, 0 taking a skill away. Raises NotFound, UsageError."""
    rows = {agent.number: agent for agent in known}
    changes = []
    for number in dict.fromkeys(numbers):
        before = rows.get(number)
        if before is None:
            raise NotFound(f"no agent {number!r}; list them with: cti agent list")
        skills = {skill: level for skill, level in {**before.skills, **levels}.items() if level}
        after = replace(before, skills=skills)
        if wrong := mistakes_of(after):
            raise UsageError(wrong[0])
        changes.append(Change(before=before, after=after))
    return changes


def with_mailbox(
    known: Sequence[Agent], number: str, pin: str | Callable[[], str], email: str | None, *, off: bool
) -> list[Change]:
    """This agent with a mailbox (a callable `pin` is asked only where there is none yet), or without one.

    Raises NotFound, UsageError.
    """
    before = next((agent for agent in known if agent.number == number), None)
    if before is None:
        raise NotFound(f"no agent {number!r}; list them with: cti agent list")
    chosen = pin if isinstance(pin, str) else before.voicemail_pin or pin()
    kept = before.voicemail_email if email is None else email
    after = replace(before, voicemail_pin="" if off else chosen, voicemail_email="" if off else kept)
    if wrong := mistakes_of(after):
        raise UsageError(wrong[0])
    return [Change(before=before, after=after)]


def without(known: Sequence[Agent], numbers: Iterable[str]) -> list[Change]:
    """These agents removed. Raises NotFound."""
    rows = {agent.number: agent for agent in known}
    wanted = list(dict.fromkeys(numbers))
    if unknown := next((number for number in wanted if number not in rows), None):
        raise NotFound(f"no agent {unknown!r}; list them with: cti agent list")
    return [Change(before=rows[number], after=None) for number in wanted]


def _skills_changed(before: Mapping[str, int], after: Mapping[str, int]) -> list[str]:
    told = []
    for skill in sorted(before.keys() | after.keys()):
        old, new = before.get(skill), after.get(skill)
        if old is None:
            told.append(f"+{skill}={new}")
        elif new is None:
            told.append(f"-{skill}")
        elif old != new:
            told.append(f"{skill} {old} -> {new}")
    return told

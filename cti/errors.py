"""Every error that we raise on purpose, in one tree, with the exit code the command line gives it.

    CtiError                     1   something we know how to say in one line
    ├── UsageError               2   the caller asked for something that cannot be
    │   ├── ConfigError          2   cti.toml or secrets.toml are wrong
    │   ├── SiteError            2   site.yaml is wrong; carries every mistake with file:line
    │   └── NotFound             3   no such agent, queue, call, recording …
    ├── Refused                  4   valid, but not now (an illegal presence change, a queue that is closed)
    │   └── IllegalTransition    4   a state machine has no such edge; nothing changed
    ├── PbxError                 5   Asterisk cannot be found, fetched, started or stopped
    ├── WireError                6   bytes from or to Asterisk break the protocol
    │   ├── AmiError             6   the manager interface
    │   │   ├── LoginRefused     6   wrong account; retrying will not help
    │   │   ├── ActionFailed     6   Asterisk answered Response: Error
    │   │   └── NotConnected     6   the link is down, or the action's deadline passed before it could be sent
    │   └── AgiError             6   FastAGI
    │       ├── AgiHangup        6   the caller hung up; the channel is gone
    │       ├── SoundMissing     6   Asterisk can't play this file
    │       └── AgiRefused       6   the peer is not an Asterisk that we listen to, or it forged its environment
    ├── StoreError               7   the database or a journal file
    ├── RenderError              8   a template failed or a file could not be put in place
    │   └── NotProven            8   Asterisk did not take what was applied; it is undone; carries every finding
    └── SimulationError          9   the demo's or the tests' own actors failed, not the product
        ├── PhoneError           9   a simulated phone (SIPp) broke, or what was waited for did not happen
        └── StageError           9   an instance on stage did not do what it was told

Every message is one line and says what to do. Nothing here is ever swallowed.
"""

from __future__ import annotations

from collections.abc import Sequence


class CtiError(Exception):
    """Something we can explain in one line; `exit_code` is what the command line ends with."""

    exit_code = 1


class UsageError(CtiError):
    """The request itself is wrong."""

    exit_code = 2


class ConfigError(UsageError):
    """An option of the instance is missing, unknown or out of range."""


class SiteError(UsageError):
    """The site is wrong. `mistakes` holds every one of them, each already a `file:line: text (hint)` line."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = mistakes
        super().__init__("\n".join(mistakes))


class NotFound(UsageError):
    """No row, file or object of that name."""

    exit_code = 3


class Refused(CtiError):
    """A valid request that the present state forbids; nothing was changed."""

    exit_code = 4


class IllegalTransition(Refused):
    """A state machine has no such edge; nothing was changed."""


class PbxError(CtiError):
    """Asterisk cannot be found, fetched, started or stopped."""

    exit_code = 5


class WireError(CtiError):
    """Bytes that break the protocol, either way."""

    exit_code = 6


class AmiError(WireError):
    """The manager interface."""


class LoginRefused(AmiError):
    """The account is wrong; retrying will not help."""


class ActionFailed(AmiError):
    """Asterisk answered `Response: Error`; the message is Asterisk's own."""


class NotConnected(AmiError):
    """The link is down, or an action's deadline passed before it could be sent. It was never sent."""


class AgiError(WireError):
    """The FastAGI dialogue."""


class AgiHangup(AgiError):
    """The caller hung up; the channel is gone."""


class SoundMissing(AgiError):
    """Asterisk can't play this file: it isn't there in any language, or no format module reads it."""


class AgiRefused(AgiError):
    """The peer is not an Asterisk that we listen to, or its environment was forged."""


class StoreError(CtiError):
    """The database or a journal file cannot be read or written."""

    exit_code = 7


class RenderError(CtiError):
    """A template failed, or a file could not be put in place; nothing was applied."""

    exit_code = 8


class NotProven(RenderError):
    """What was applied is not what Asterisk runs, so it was undone. `findings` say what, each with its `file:line`."""

    def __init__(self, message: str, findings: Sequence[object]) -> None:
        self.findings = [str(finding) for finding in findings]
        super().__init__(message)


class SimulationError(CtiError):
    """The demo's or the tests' own actors failed, not the product."""

    exit_code = 9


class PhoneError(SimulationError):
    """A simulated phone (SIPp) broke, or what was waited for did not happen in time."""


class StageError(SimulationError):
    """An instance on stage did not do what it was told; the message is its last line."""

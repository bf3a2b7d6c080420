"""One caller's way through the dialplan, read from what Asterisk's manager says while it happens.

It knows contexts, variables and applications of our dialplan (dialplan/README.md) and which step of a `Walked` each
of them is; it refuses to know the site, the case and any clock. Two streams come in: the manager's own events, in
order, and CEL's, in order among themselves. Prompts come from CEL alone (STREAM_BEGIN is published when a file was
found and begins to play, file.c: ast_streamfile), everything else from the others, so nothing depends on how the two
are mixed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final

from ..ami.message import Message
from ..core.walked import Walked

WAITING: Final = "waiting"  # still in a queue when the test let go; no word of DESIGN §6
EVENTS: Final = frozenset({b"Newexten", b"VarSet", b"CEL", b"DialEnd", b"BridgeEnter", b"Hangup"})
_PLACE = re.compile(r"cti-(queue|voicemail|external|survey)-(.+)")
_INPUT = re.compile(r"cti-input-(.+)")
_MENU = re.compile(r"cti-menu-(.+)")
_SCHEDULE = re.compile(r"cti-schedule-(.+)")
_KEY = re.compile(r"([^:>]+):([^>]*)>$")
_SOUND = re.compile(r"(?:^|/)cti/([a-z0-9_-]+)$")
_LEG = re.compile(r"PJSIP/(.+)-[0-9a-f]+$")
_LEFT = {
    "EXITWITHTIMEOUT": "timeout",
    "FULL": "full",
    "OVERFLOW": "overflow",
    "CLOSED": "closed",
    "EXITWITHKEY": "exit_key",
    "EXITEMPTY": "overflow",
    "CALLBACK": "callback_requested",
}
_STAYS = {("voicemail", "Playback"), ("voicemail", "VoiceMail"), ("external", "Dial")}  # its greeting begins
_ENDS = {"voicemail": "voicemail", "external": "external", "agent": "direct", "survey": "answered"}


class Trail:
    """What is known of one caller so far. `questions` counts how often a key was asked for; `reached` is set when the
    call is where it will stay: at an answer, unless the caller `stays` to be asked after the talk."""

    def __init__(self) -> None:
        self.uniqueid = ""
        self.path: list[str] = []
        self.prompts: list[str] = []
        self.agent = ""  # the endpoint that answered
        self.questions = 0
        self.waiting = False  # in a queue, with music or while an agent's phone rings
        self.listening = False  # there, and keys are heard: not while a phone rings
        self.dialling = ""  # the agent who is rung directly
        self.stays = False
        self.talking = False  # with an agent who must hang up for the call to go on
        self.reached = ""  # the outcome, once nothing can change it any more
        self._gone = self._told = False
        self._place = ""
        self._left = ""  # why the last number or queue let the caller go
        self._reason = ""
        self._context = ""
        self._hear: dict[str, Callable[[Message], None]] = {
            "Newexten": self._step,
            "VarSet": self._variable,
            "CEL": self._cel,
            "DialEnd": self._dialled,
            "BridgeEnter": self._bridged,
            "Hangup": self._hung_up,
        }

    def hear(self, message: Message) -> None:
        """One event of this caller's channel."""
        self._hear[message.name](message)

    @property
    def over(self) -> bool:
        """The channel is gone, and both streams have said so."""
        return self._gone and self._told

    def let_go(self) -> None:
        """The test ends the call now: what comes after this is not the dialplan's."""
        self.reached = self.reached or self._outcome()

    def told(self) -> Walked:
        """The way so far. A caller who is still in a queue, and whom nobody hung up, is `waiting`."""
        destination = self._place or "hangup"
        outcome = self.reached or self._outcome()
        return Walked(tuple(self.path), tuple(self.prompts), destination, outcome)

    def _outcome(self) -> str:
        kind = self._place.partition(":")[0]
        if kind == "queue":
            return WAITING
        return _ENDS.get(kind) or self._left or "hangup"

    # --- steps -------------------------------------------------------------------------------------------

    def _step(self, event: Message) -> None:
        if self.reached:
            return
        context, application = event.get("Context"), event.get("Application")
        self._context, before = context, self._context
        if event.get("Priority") == "1":
            self._enter(context, event.get("Extension"), before)
        self._apply(application, event.get("AppData"))

    def _enter(self, context: str, extension: str, before: str) -> None:
        if found := _PLACE.fullmatch(context):
            self._arrive(f"{found[1]}:{found[2]}")
        elif context in ("cti-dial", "cti-direct") and extension.isdigit():
            self._arrive(f"agent:{extension}")
        elif context == "cti-hangup":
            self._arrive("hangup")
        elif context == "cti-back" and self.path and before.startswith("cti-menu-"):
            self.path[-1] = f"menu:{before.removeprefix('cti-menu-')}=back"
        elif _MENU.fullmatch(context) or _INPUT.fullmatch(context):
            self._place, self.waiting, self.listening = "", False, False

    def _arrive(self, place: str) -> None:
        self.path.append(place)
        self._place, self.waiting, self.listening = place, False, False

    def _apply(self, application: str, data: str) -> None:
        kind = self._place.partition(":")[0]
        if application == "Read" and data.split(",")[1:2] not in ([], [""]):
            self.questions += 1
        elif application == "QueueLog":
            self._logged(data)
        elif kind == "queue" and (application == "Queue" or (application == "AGI" and "/acd," in data)):
            self.waiting = self.listening = True
        elif kind == "queue" and application == "Dial":
            self.listening = False
        elif (kind, application) in _STAYS:
            self.reached = kind
        elif kind == "agent" and application == "Dial":
            self.dialling = self._place.partition(":")[2]
        elif kind == "survey" and application == "Hangup":
            self.reached = _ENDS[kind]
        elif application == "Hangup" and self._context == "cti-hangup":
            self.reached = self._left or "hangup"

    def _logged(self, data: str) -> None:
        fields = data.split(",")
        if fields[3:4] == ["SURVEY"]:
            survey, _, _, answer, *_ = fields[4].split("|")
            self.path.append(f"survey:{survey}={answer}")
        outcome = _LEFT.get(fields[3]) if len(fields) > 3 else None
        if outcome and self._context != "cti-end":
            self._left, self.waiting, self.listening = outcome, False, False
        elif outcome == "callback_requested":
            self.reached = outcome

    # --- variables -----------------------------------------------------------------------------------------

    def _variable(self, event: Message) -> None:
        name, value = event.get("Variable").lstrip("_"), event.get("Value")  # __NAME: inherited by other channels
        if self.reached:
            return
        if name == "CTI_DID":
            self.path.append(f"did:{value}")
        elif name == "CTI_REASON":
            self._reason = value
        elif name == "GOSUB_RETVAL" and (schedule := _SCHEDULE.fullmatch(self._context)):
            self._hours(schedule[1], value)
        elif menu := _MENU.fullmatch(self._context):
            self._answer("menu", menu[1], name, value)
        elif found := _INPUT.fullmatch(self._context):
            self._answer("input", found[1], name, value)

    def _answer(self, kind: str, asked: str, name: str, value: str) -> None:
        """What a menu or an input made of the caller's keys."""
        if name in ("CTI_INVALID", "CTI_TIMEOUTS") and value not in ("", "0"):
            self.path.append(f"{kind}:{asked}={'invalid' if name == 'CTI_INVALID' else 'timeout'}")
        elif kind == "input" and name == "CTI_DIGITS":  # every answer so far; masked digits are stars here
            self.path.append(f"input:{asked}={value.rpartition('&')[2].partition('=')[2]}")
        elif name == "CTI_PATH" and (key := _KEY.search(value)) and key[2] != "-":
            self.path += [f"menu:{asked}={key[2]}"] if kind == "menu" else []
            self.path += [f"lookup:{asked}={key[2]}"] if kind == "input" and key[2] != "ok" else []

    def _hours(self, schedule: str, said: str) -> None:
        if said in ("open", "closed"):
            reason = f"({self._reason})" if said == "closed" and self._reason else ""
            self.path.append(f"schedule:{schedule}={said}{reason}")

    # --- other channels, and the end ----------------------------------------------------------------------------

    def _dialled(self, event: Message) -> None:
        leg = _LEG.fullmatch(event.get("DestChannel"))
        if event.get("DialStatus") == "ANSWER" and leg:
            self.agent = leg[1]
        else:
            self.dialling = ""

    def _bridged(self, event: Message) -> None:  # noqa: ARG002 (that it came says everything)
        kind = self._place.partition(":")[0]
        if self.stays and kind == "queue":
            self.talking, self.waiting, self.listening = True, False, False
        elif not self.reached and self._place:
            self.reached = "answered" if kind == "queue" else _ENDS.get(kind, "")

    def _cel(self, event: Message) -> None:
        kind = event.get("EventName")
        if kind == "HANGUP":
            self._told = True
        elif kind == "STREAM_BEGIN" and event.get("Application") != "VoiceMail":
            sound = _SOUND.search(_sound_of(event.get("Extra")))
            self.prompts += [sound[1]] if sound else []

    def _hung_up(self, event: Message) -> None:  # noqa: ARG002
        self._gone = True
        if not self.reached and self._place.startswith("queue:"):
            self.reached = "abandoned"


def _sound_of(extra: str) -> str:
    """CEL's extra is JSON; {"extra": {"sound": …}} or, in some versions, {"sound": …}."""
    try:
        found = json.loads(extra)
    except ValueError:
        return ""
    found = found.get("extra", found) if isinstance(found, dict) else {}
    return str(found.get("sound", "")) if isinstance(found, dict) else ""

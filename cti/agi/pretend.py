"""A channel that is not there: it answers AGI commands as Asterisk would, to try a script without a phone.

It knows what a real Asterisk 22.10.1 answered to each command (recorded; tests/agi/test_real_asterisk.py asks one again
and compares) and remembers variables, AstDB entries and the keys that the caller will press. It refuses to know
scripts, sockets and sound: whatever plays has been played at once, every file exists, no application does anything. A
command in `SIMULATED` is answered from what it remembers, one in `PRETENDED` with that of success; others get 510.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from .environment import KEYS

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_NOTHING, _DONE, _GONE = "200 result=0", "200 result=1", "200 result=-1"
_UNKNOWN = "510 Invalid or unknown command"
_DEAD = "511 Command Not Permitted on a dead channel or intercept routine"
_PLAYED = 8000  # samples: a second of every sound
_USAGE = "520-Invalid command syntax.  Proper usage follows:\n{} needs {} argument(s)\n520 End of proper usage."
# What still works when the caller has gone (res_agi.c: the last column of `commands[]`).
_ON_THE_DEAD = ("DATABASE", "EXEC", "GET FULL VARIABLE", "GET VARIABLE", "NOOP", "SET VARIABLE", "VERBOSE")
_NAMES = {"number": "agi_callerid", "name": "agi_calleridname", "did": "agi_dnid", "language": "agi_language"}
_NAMES |= {"rdnis": "agi_rdnis", "context": "agi_context", "exten": "agi_extension", "channel": "agi_channel"}


@dataclass
class PretendChannel:
    """One caller. `digits` are pressed as soon as somebody listens; `answers` (command's beginning -> replies) win over
    everything, in the order given, the last one for ever."""

    variables: dict[str, str] = field(default_factory=dict)
    digits: str = ""
    answers: dict[str, list[str]] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()
    hung_up: bool = False
    database: dict[tuple[str, str], str] = field(default_factory=dict)

    def told(self, script: str) -> bytes:
        """The environment's bytes, as Asterisk sends them first."""
        known = {"agi_network": "yes", "agi_network_script": script, "agi_request": f"agi://127.0.0.1/{script}"}
        known |= {"agi_channel": "PJSIP/pretend-00000000", "agi_language": "en", "agi_type": "PJSIP"}
        known |= {"agi_uniqueid": "1700000000.1", "agi_version": "22.10.1", "agi_threadid": "1", "agi_priority": "1"}
        known |= {
            "agi_callerid": "unknown",
            "agi_calleridname": "unknown",
            "agi_dnid": "unknown",
            "agi_rdnis": "unknown",
        }
        known |= {"agi_context": "pretend", "agi_extension": "s", "agi_enhanced": "0.0"}
        known |= dict.fromkeys(("agi_callingpres", "agi_callingani2", "agi_callington", "agi_callingtns"), "0")
        known |= self.environment
        lines = [f"{key}: {known.get(key, '')}" for key in KEYS]
        lines += [f"agi_arg_{number}: {argument}" for number, argument in enumerate(self.arguments, 1)]
        return ("\n".join(lines) + "\n\n").encode()

    def answer(self, line: str) -> str:
        """The reply to one command line, without its newline; `HANGUP` follows it on a line of its own when the caller
        goes with this command."""
        prepared = next((key for key in self.answers if line.upper().startswith(key)), None)
        if prepared is not None:
            replies = self.answers[prepared]
            reply = replies.pop(0) if len(replies) > 1 else replies[0]
            return self._gone() if reply == "hangup" else reply
        words = [re.sub(r"\\(.)", r"\1", quoted) or bare for quoted, bare in _WORD.findall(line)]
        for length in (3, 2, 1):
            name = " ".join(words[:length]).upper()
            if name in _COMMANDS:
                return self._run(name, words[length:])
        return _UNKNOWN

    def _run(self, name: str, arguments: list[str]) -> str:
        least, run = _COMMANDS[name]
        if self.hung_up and not name.startswith(_ON_THE_DEAD):
            return _DEAD
        return run(self, arguments) if len(arguments) >= least else _USAGE.format(name, least)

    def _gone(self) -> str:
        self.hung_up = True
        return f"{_GONE}\nHANGUP"

    def press(self, wanted: str) -> str:
        """The next key when it is one of `wanted`; "" when none comes. Others that were pressed before it are lost."""
        while self.digits:
            key, self.digits = self.digits[0], self.digits[1:]
            if key in wanted:
                return key
        return ""


def channel_of(pairs: Iterable[tuple[str, str]], arguments: Iterable[str], answers: Iterable[str]) -> PretendChannel:
    """From the words of a command line: `pairs` are number, name, did, language, rdnis, context, exten, channel,
    digits, an `agi_…` key, or a channel variable; `answers` are `COMMAND=reply` (see `reply_of`). Raises ValueError."""
    channel = PretendChannel(arguments=tuple(arguments))
    for name, value in pairs:
        if not value.isprintable():
            raise ValueError(f"{name}: {value[:40]!a} is not one line of plain text")
        if name == "digits":
            if not re.fullmatch(r"[0-9*#A-D]*", value):
                raise ValueError(f"digits {value[:40]!a} are not on a telephone")
            channel.digits = value
        elif name in _NAMES or name in KEYS:
            channel.environment[_NAMES.get(name, name)] = value
        elif re.fullmatch(r"[A-Za-z_]\w{0,79}", name, re.ASCII):
            channel.variables[name] = value
        else:
            raise ValueError(f"{name[:40]!a} is neither one of {', '.join((*_NAMES, 'digits'))} nor a channel variable")
    if any(not argument.isprintable() for argument in channel.arguments):
        raise ValueError("an argument is not one line of plain text")
    for text in answers:
        command, equals, reply = text.partition("=")
        if not equals or not command.strip() or not reply.isprintable():
            raise ValueError(f"{text[:40]!a}: an answer is COMMAND=reply, such as 'GET DATA=123'")
        channel.answers.setdefault(command.strip().upper(), []).append(reply_of(command.strip().upper(), reply))
    return channel


def reply_of(command: str, text: str) -> str:
    """What somebody typed as the answer to `command`, as Asterisk writes it: a whole reply (`200 result=1 (x)`),
    `hangup`, `timeout`, or just the value."""
    if text == "hangup" or re.match(r"(200|51[01]|520) ?", text):
        return text
    if text == "timeout":
        return "200 result= (timeout)" if command.startswith("GET DATA") else _NOTHING
    if command.startswith(("GET VARIABLE", "GET FULL VARIABLE", "DATABASE GET")):
        return f"200 result=1 ({text})"
    if command.startswith(("STREAM FILE", "CONTROL STREAM FILE", "GET OPTION", "WAIT FOR DIGIT", "SAY ")) and (
        len(text) == 1
    ):
        return f"200 result={ord(text)}" + (f" endpos={_PLAYED}" if "FILE" in command else "")
    return f"200 result={text}"


# --- commands: how many arguments they need, and what they answer (22.10.1) ----------------------------

Run = Callable[[PretendChannel, list[str]], str]


def _set_variable(channel: PretendChannel, words: list[str]) -> str:
    channel.variables[words[0]] = words[1]
    return _DONE


def _get_variable(channel: PretendChannel, words: list[str]) -> str:
    known = channel.variables | {"CALLERID(num)": channel.environment.get("agi_callerid", "")}
    known |= {"CHANNEL(language)": channel.environment.get("agi_language", "en")} | channel.variables
    return f"200 result=1 ({known[words[0]]})" if words[0] in known else _NOTHING


def _get_full(channel: PretendChannel, words: list[str]) -> str:
    text = re.sub(r"\$\{([^${}]+)\}", lambda found: channel.variables.get(found[1], ""), words[0])
    return f"200 result=1 ({text})"


def _stream(channel: PretendChannel, words: list[str]) -> str:
    key = channel.press(words[1]) if len(words) > 1 and words[1] else ""
    return f"200 result={ord(key) if key else 0} endpos={_PLAYED}"


def _say(channel: PretendChannel, words: list[str]) -> str:
    key = channel.press(words[1]) if words[1] else ""
    return f"200 result={ord(key) if key else 0}"


def _wait(channel: PretendChannel, _: list[str]) -> str:
    key = channel.press("0123456789*#ABCD")
    return f"200 result={ord(key) if key else 0}"


def _get_data(channel: PretendChannel, words: list[str]) -> str:
    most = int(words[2]) if len(words) > 2 and words[2].isdigit() and int(words[2]) else 1024
    before, sharp, after = channel.digits.partition("#")
    if len(before) >= most:
        taken, channel.digits = channel.digits[:most], channel.digits[most:]
        return f"200 result={taken}"
    channel.digits = after
    return f"200 result={before}" if sharp else f"200 result={before} (timeout)"


def _record(channel: PretendChannel, words: list[str]) -> str:
    key = channel.press(words[2])
    return f"200 result={ord(key)} (dtmf) endpos={_PLAYED}" if key else f"{_NOTHING} (timeout) endpos={_PLAYED}"


def _exec(channel: PretendChannel, words: list[str]) -> str:
    name, _, value = (words[1] if len(words) > 1 else "").partition("=")
    if words[0].upper() == "SET" and value:
        channel.variables[name] = value
    return _NOTHING


def _database_get(channel: PretendChannel, words: list[str]) -> str:
    value = channel.database.get((words[0], words[1]))
    return _NOTHING if value is None else f"200 result=1 ({value})"


def _database_put(channel: PretendChannel, words: list[str]) -> str:
    channel.database[words[0], words[1]] = words[2]
    return _DONE


def _database_del(channel: PretendChannel, words: list[str]) -> str:
    channel.database.pop((words[0], words[1]), None)
    return _DONE  # also for what was not there


def _set_callerid(channel: PretendChannel, words: list[str]) -> str:
    channel.environment["agi_callerid"] = words[0]
    return _DONE


def _hang_up(channel: PretendChannel, _: list[str]) -> str:
    channel.hung_up = True
    return f"{_DONE}\nHANGUP"


def _always(reply: str) -> Run:
    return lambda *_: reply


SIMULATED: Mapping[str, tuple[int, Run]] = {
    "SET VARIABLE": (2, _set_variable),
    "GET VARIABLE": (1, _get_variable),
    "GET FULL VARIABLE": (1, _get_full),
    "STREAM FILE": (2, _stream),
    "CONTROL STREAM FILE": (1, _stream),
    "GET OPTION": (2, _stream),
    "GET DATA": (1, _get_data),
    "WAIT FOR DIGIT": (1, _wait),
    "RECORD FILE": (4, _record),
    "DATABASE GET": (2, _database_get),
    "DATABASE PUT": (3, _database_put),
    "DATABASE DEL": (2, _database_del),
    "SET CALLERID": (1, _set_callerid),
    "HANGUP": (0, _hang_up),
    **{f"SAY {what}": (2, _say) for what in ("ALPHA", "DATE", "DATETIME", "DIGITS", "NUMBER", "PHONETIC", "TIME")},
}
PRETENDED: Mapping[str, tuple[int, Run]] = {
    "EXEC": (1, _exec),
    "NOOP": (0, _always(_NOTHING)),
    "ANSWER": (0, _always(_NOTHING)),
    "CHANNEL STATUS": (0, _always("200 result=6")),
    "VERBOSE": (1, _always(_DONE)),
    "DATABASE DELTREE": (1, _always(_NOTHING)),
    "SEND TEXT": (1, _always(_NOTHING)),
    "SET AUTOHANGUP": (1, _always(_NOTHING)),
    "SET CONTEXT": (1, _always(_NOTHING)),
    "SET EXTENSION": (1, _always(_NOTHING)),
    "SET PRIORITY": (1, _always(_NOTHING)),
    "SET MUSIC": (1, _always(_NOTHING)),
}
_COMMANDS: dict[str, tuple[int, Run]] = {**SIMULATED, **PRETENDED}

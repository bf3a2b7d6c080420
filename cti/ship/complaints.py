"""What Asterisk's log says about files since a moment, without what calls and the network say meanwhile.

It knows the log's two forms (JSON as our logger.conf has it, and plain) and which parts of Asterisk complain about
callers and strangers: a packet from outside must not be able to undo an apply.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

_WAIT_SECONDS = 3.0
_PLAIN = re.compile(
    r"^\[[^\]]*\] (?P<level>ERROR|WARNING)\[\d+\](?P<call>\[C-\w+\])? (?P<source>[\w/.-]+):(?: \d+)? ?(?P<text>.*)"
)
_WHERE = re.compile(
    r"\b(?:at line (?P<line>\d+) of (?P<file>[\w.-]+\.conf)|line (?P<line2>\d+) of '?(?P<file2>[\w.-]+\.conf))"
)
# Sources whose complaints are of packets, sessions and calls. config.c, pbx_config.c, app_queue.c … read files.
_OF_TRAFFIC = frozenset({
    "res_pjproject.c", "pjsip_distributor.c", "res_pjsip_session.c", "res_pjsip_registrar.c",
    "res_pjsip_sdp_rtp.c", "res_pjsip_outbound_registration.c", "res_pjsip_pubsub.c", "res_pjsip_mwi.c",
    "res_pjsip_refer.c", "res_pjsip_nat.c", "res_pjsip_authenticator_digest.c",
    "res_pjsip_outbound_authenticator_digest.c", "res_pjsip_endpoint_identifier_ip.c", "pjsip_options.c",
    "res_rtp_asterisk.c", "res_srtp.c", "rtp_engine.c", "tcptls.c", "iostream.c", "http.c",
    "res_http_websocket.c", "manager.c", "res_agi.c", "chan_pjsip.c", "channel.c", "app_dial.c", "file.c",
    "translate.c", "taskprocessor.c", "asterisk.c", "res_musiconhold.c", "app_mixmonitor.c", "audiohook.c",
    "bridge_channel.c", "cdr_custom.c", "cel_custom.c", "res_cdrel_custom.c", "logger.c", "db.c",
})  # fmt: skip
_READING = frozenset({"__init_manager", "load_moh_classes", "moh_scan_files", "local_ast_moh_start"})


@dataclass(frozen=True, slots=True)
class Complaint:
    """One ERROR or WARNING. `file` and `line` are those it names, "" and 0 when it names none."""

    text: str
    file: str = ""
    line: int = 0


class LogTail:
    """The log from where it ended when this was made."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._begin = log.stat().st_size if log.is_file() else 0

    def wait_for(self, mark: str) -> bool:
        """Until `mark` is in it: Asterisk writes its log by a thread of its own, in order. False: it never came."""
        until = time.monotonic() + _WAIT_SECONDS
        while True:
            late = time.monotonic() > until  # before the look: it may have come while we were not running
            if mark in self._text():
                return True
            if late:
                return False
            time.sleep(0.02)

    def complaints(self) -> list[Complaint]:
        """Each complaint about files once, in order."""
        found = (_complaint(line) for line in self._text().splitlines())
        return list(dict.fromkeys(complaint for complaint in found if complaint))

    def _text(self) -> str:
        if not self._log.is_file():
            return ""
        with self._log.open("rb") as file:
            if self._log.stat().st_size >= self._begin:  # else it was rotated, and all of it is new
                file.seek(self._begin)
            return file.read().decode(errors="replace")


def _complaint(line: str) -> Complaint | None:
    level, call, source, function, text = _json(line) or _plain(line)
    if level not in ("ERROR", "WARNING") or call:
        return None
    if source.rpartition("/")[2] in _OF_TRAFFIC and function not in _READING:
        return None
    where = _WHERE.search(text)
    if not where:
        return Complaint(text)
    return Complaint(text, where["file"] or where["file2"], int(where["line"] or where["line2"]))


def _json(line: str) -> tuple[str, str, str, str, str] | None:
    try:
        entry = json.loads(line)
        said, place = entry["logmsg"], entry["logmsg"]["location"]
        text = " ".join(said["message"].split())
        return said["level"], entry["identifiers"]["callid"], place["filename"], place["function"], text
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _plain(line: str) -> tuple[str, str, str, str, str]:
    found = _PLAIN.match(line)
    if not found:
        return "", "", "", "", ""
    return found["level"], found["call"] or "", found["source"], "", found["text"].strip()

"""What makes a running Asterisk read each file again.

Data, measured on Asterisk 22.10: `module reload` of a core part goes by its short name, of a module by its file
name; what is not here is only read at start.
"""

from __future__ import annotations

from collections.abc import Iterable

RELOADS: dict[str, str] = {
    "acl.conf": "module reload acl",
    "cdr.conf": "module reload cdr",
    "cdr_custom.conf": "module reload cdr_custom.so",
    "cel.conf": "module reload cel",
    "cel_custom.conf": "module reload cel_custom.so",
    "cli_permissions.conf": "cli reload permissions",
    "confbridge.conf": "module reload app_confbridge.so",
    "dnsmgr.conf": "module reload dnsmgr",
    "extensions.conf": "dialplan reload",
    "features.conf": "module reload features",
    "followme.conf": "module reload app_followme.so",
    "http.conf": "module reload http",
    "indications.conf": "module reload indications",
    "logger.conf": "logger reload",
    "manager.conf": "manager reload",
    "musiconhold.conf": "moh reload",
    "pjproject.conf": "module reload res_pjproject.so",
    "pjsip.conf": "module reload res_pjsip.so",
    "pjsip_notify.conf": "module reload res_pjsip_notify.so",
    "queuerules.conf": "queue reload rules",
    "queues.conf": "queue reload all",
    "res_fax.conf": "module reload res_fax.so",
    "res_parking.conf": "module reload res_parking.so",
    "rtp.conf": "module reload res_rtp_asterisk.so",
    "udptl.conf": "module reload udptl",
    "voicemail.conf": "voicemail reload",
}
RESTART_ONLY = frozenset({"asterisk.conf", "modules.conf", "stasis.conf", "sorcery.conf", "ccss.conf", "codecs.conf"})
# The dialplan comes last: it may name a queue, a mailbox or an endpoint that has to exist by then.
_LAST = ("pjsip.conf", "queues.conf", "voicemail.conf", "extensions.conf")


def reloads_for(names: Iterable[str]) -> list[str]:
    """The CLI commands that make these files count, each once, in a safe order.

    A part such as `extensions_sales.conf` is read with its whole; files nobody knows need `core reload`.
    """
    wholes = sorted({_whole(name) for name in names} - RESTART_ONLY, key=lambda name: (_rank(name), name))
    return list(dict.fromkeys(RELOADS.get(name, "core reload") for name in wholes))


def needs_restart(names: Iterable[str]) -> list[str]:
    """Those of these files that Asterisk reads only when it starts."""
    return sorted(set(names) & RESTART_ONLY)


def _whole(name: str) -> str:
    if name in RELOADS or name in RESTART_ONLY:
        return name
    first = name.removesuffix(".conf").replace("-", "_").partition("_")[0] + ".conf"
    return first if first in RELOADS else name


def _rank(name: str) -> int:
    return _LAST.index(name) if name in _LAST else -1

"""Reads which package mirror, suite and keys this machine's own apt trusts, so that no host stands in our code.

It knows the two formats of apt's sources; it never talks to the network.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import PbxError

DEBIAN_SUITE = "forky"  # Debian 12 and 13 have no Asterisk; the reference version (22 LTS) is in this suite
SELF_HELP = (
    "install asterisk (18 or newer), sip-tester and espeak-ng by your system's means, or set `asterisk` in cti.toml"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One line of apt's sources: where, which suites, signed by which key files (may be empty)."""

    uri: str
    suites: tuple[str, ...]
    keys: tuple[str, ...] = ()


def source_line(etc: Path = Path("/etc"), share: Path = Path("/usr/share/keyrings")) -> str:
    """The one `deb …` line that a private apt needs. Raises PbxError when this is no Debian or Ubuntu with sources."""
    family, codename = _release(etc)
    suite, components = (DEBIAN_SUITE, "main") if family == "debian" else (codename, "main universe")
    mirror = _mirror(list(sources(etc / "apt")), family, codename)
    if mirror is None:
        raise PbxError(f"no {family} mirror in {etc / 'apt'}; {SELF_HELP}")
    keys = dict.fromkeys([*mirror.keys, *_keyrings(share, family)])
    if not keys:
        raise PbxError(f"no {family} archive keys in {share}, so nothing could be verified; {SELF_HELP}")
    return f"deb [signed-by={','.join(keys)}] {mirror.uri} {suite} {components}\n"


def sources(apt: Path) -> Iterator[Source]:
    """Every enabled binary source under `apt`, one-line (`*.list`) and deb822 (`*.sources`), in apt's order."""
    for file in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        if not file.is_file():
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix == ".list":
            yield from _one_line(text)
        elif file.suffix == ".sources":
            yield from _deb822(text)


def _one_line(text: str) -> Iterator[Source]:
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[(?P<options>[^\]]*)\]\s*)?(?P<uri>\S+)\s+(?P<suite>\S+)", line)
        if match:
            options = dict(o.split("=", 1) for o in shlex.split(match["options"] or "") if "=" in o)
            yield Source(uri=match["uri"], suites=(match["suite"],), keys=_key_files(options.get("signed-by", "")))


def _deb822(text: str) -> Iterator[Source]:
    for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
        fields = {k.lower(): v.split() for k, v in re.findall(r"(?m)^([\w-]+):((?:.|\n[ \t])*)", stanza)}
        if "deb" in fields.get("types", []) and fields.get("enabled", ["yes"])[0].lower() not in ("no", "false", "0"):
            keys = _key_files(" ".join(fields.get("signed-by", [])))
            for uri in fields.get("uris", []):
                yield Source(uri=uri, suites=tuple(fields.get("suites", [])), keys=keys)


def _key_files(signed_by: str) -> tuple[str, ...]:
    """Only files that exist: a key block written into the source itself, or a fingerprint, is left out."""
    return tuple(k for k in re.split(r"[\s,]+", signed_by) if k.startswith("/") and Path(k).is_file())


def _mirror(known: list[Source], family: str, codename: str) -> Source | None:
    suites = {codename, DEBIAN_SUITE, "stable", "testing", "unstable", "sid"} if family == "debian" else {codename}
    usable = (s for s in known if suites & set(s.suites) and not s.uri.startswith("cdrom:"))
    # A third party may use the same suite names; the family's own mirrors have its name in their path.
    return next(iter(sorted(usable, key=lambda s: f"/{family}" not in s.uri)), None)


def _release(etc: Path) -> tuple[str, str]:
    """(`debian` or `ubuntu`, code name) of this machine, a derivative counts as what it derives from."""
    file = etc / "os-release"
    text = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
    fields = {k: v.strip("\"'") for k, v in re.findall(r"(?m)^(\w+)=(.*)$", text)}
    like = [fields.get("ID", ""), *fields.get("ID_LIKE", "").split()]
    family = next((name for name in like if name in ("debian", "ubuntu")), None)
    if family is None:
        raise PbxError(f"this system ({fields.get('ID', 'unknown')}) is neither Debian nor Ubuntu; {SELF_HELP}")
    own = fields.get("VERSION_CODENAME", "")
    return family, fields.get("UBUNTU_CODENAME", own) if family == "ubuntu" else own


def _keyrings(share: Path, family: str) -> list[str]:
    rings = (*share.glob(f"{family}-archive-*.gpg"), *share.glob(f"{family}-archive-*.pgp"))
    return sorted(str(r) for r in rings if "removed" not in r.name and "security" not in r.name)

"""The instance's own settings: one frozen value, read once, that explains itself.

It knows where things are and which ports they use; it knows nothing of routing (that is `site.yaml`) nor of
people (those are rows). An instance is a folder:

    HOME/site.yaml        routing, in git        HOME/cti.toml       these options
    HOME/secrets.toml     0600, never in git     HOME/var/           everything that can be rebuilt or rotates
"""

from __future__ import annotations

import difflib
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .errors import ConfigError


def option(default: Any, text: str) -> Any:
    """A setting with its default and the sentence that `cti config` prints."""
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """Generated at init, mode 0600; never shown by `repr`."""

    ami_password: str = field(default="", repr=False)
    admin_token: str = field(default="", repr=False)  # bearer token of the first supervisor
    session_key: str = field(default="", repr=False)  # signs browser sessions
    trunks: Mapping[str, str] = field(default_factory=dict, repr=False)  # passwords at SIP providers, by trunk
    smtp_password: str = field(default="", repr=False)  # of smtp_user, written by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where this instance is, what it listens on, which database it writes."""

    home: Path
    bind: str = option("127.0.0.1", "address everything of ours listens on")
    sip_bind: str = option("127.0.0.1", "address Asterisk's SIP transport listens on")
    sip_port: int = option(5060, "Asterisk's SIP port (UDP)")
    ami_port: int = option(5038, "Asterisk's manager port")
    agi_port: int = option(4573, "our FastAGI port")
    web_port: int = option(8088, "our web port (pages, API, websocket)")
    rtp_first: int = option(10000, "first RTP port")
    rtp_last: int = option(12000, "last RTP port")
    database: str = option("", "SQLAlchemy URL; empty: SQLite under var/")
    pbx: str = option("private", "private: an Asterisk of our own under var/; system: the machine's own")
    asterisk: str = option("", "path of an asterisk binary to use; empty: PATH when new enough, else fetched")
    pbx_etc: str = option("", "folder of Asterisk's configuration files; empty: var/pbx/etc (system: /etc/asterisk)")
    heartbeat_seconds: float = option(1.0, "how often the engine tells its supervisor that it lives")
    stalled_seconds: float = option(4.0, "silence after which the supervisor replaces the engine")
    script_seconds: float = option(10.0, "how long a script of agi_scripts may take; its own `# limit: 3 s` wins")
    speech: tuple[str, ...] = option(
        (), "program that speaks prompts, as a list: {voice} {language} {out} {text_file}; empty: espeak-ng"
    )
    speech_voices: tuple[tuple[str, str], ...] = option(
        (), 'voice for each language, {zh = "…", en = "…"}; empty: the program\'s own, or the language\'s code'
    )
    speech_seconds: float = option(60.0, "how long speaking one prompt may take")
    call_test: bool = option(False, "only for instances made by `cti dialplan test`: callers choose the clock")
    smtp_host: str = option("", "mail server that takes messages of mailboxes; empty: nothing is mailed")
    smtp_port: int = option(25, "its port: 25 for none, 587 for starttls, 465 for tls")
    smtp_security: str = option("none", "none, starttls or tls")
    smtp_user: str = option("", "who logs in there (smtp_password in secrets.toml); empty: nobody")
    smtp_from: str = option("", "the sender's address, such as cti@example.com; needed with smtp_host")
    secrets: Secrets = field(default=Secrets(), metadata={"help": "from secrets.toml"})

    @property
    def var(self) -> Path:
        """Everything that can be rebuilt or rotates."""
        return self.home / "var"

    @property
    def site_file(self) -> Path:
        return self.home / "site.yaml"

    @property
    def pbx_home(self) -> Path:
        """The private Asterisk's own folders: etc, lib, spool, log, run, data."""
        return self.var / "pbx"

    @property
    def etc(self) -> Path:
        """Where the rendered files go."""
        if self.pbx_etc:
            return Path(self.pbx_etc)
        return Path("/etc/asterisk") if self.pbx == "system" else self.pbx_home / "etc"

    @property
    def log_dir(self) -> Path:
        """Asterisk's log folder: queue_log, cel-custom/, cdr-custom/ are in it."""
        return Path("/var/log/asterisk") if self.pbx == "system" else self.pbx_home / "log"

    @property
    def recordings(self) -> Path:
        """Where MixMonitor writes and recordings are indexed."""
        return self.var / "recordings"

    @property
    def voicemail(self) -> Path:
        """Asterisk's mailboxes: <context>/<box>/<folder>/msg0000.txt and .wav."""
        spool = Path("/var/spool/asterisk") if self.pbx == "system" else self.pbx_home / "spool"
        return spool / "voicemail"

    @property
    def voicemail_journal(self) -> Path:
        """What became of messages: found, moved, deleted, mailed (JSON lines)."""
        return self.var / "journal" / "voicemail.jsonl"

    @property
    def journal_file(self) -> Path:
        """The engine's own append-only journal (JSON lines)."""
        return self.var / "journal" / "engine.jsonl"

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite+aiosqlite:///{self.var / 'cti.sqlite'}"


_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)
PORTS = ("sip_port", "ami_port", "agi_port", "web_port", "rtp_first", "rtp_last")
TABLES = ("speech_voices",)
_SETTINGS = {f.name: f for f in fields(Config) if f.name not in ("home", "secrets")}


def load_config(home: Path) -> Config:
    """Read HOME/cti.toml and HOME/secrets.toml.

    Raises ConfigError for a missing instance, an unknown option (with the nearest known name), a value of the
    wrong type, a port out of range, or secrets that others may read.
    """
    home = home.resolve()
    file = home / "cti.toml"
    if not file.is_file():
        raise ConfigError(f"{home} is not an instance (no cti.toml); make one with: cti init {home}")
    values = _read_toml(file)
    for name, value in values.items():
        _check_option(file, name, value)
    settings = {name: _frozen(value) for name, value in values.items()}
    config = Config(home=home, secrets=_load_secrets(home / "secrets.toml"), **settings)
    if config.call_test and (config.pbx != "private" or not config.sip_bind.startswith("127.")):
        raise ConfigError(f"{file}: call_test lets callers choose the clock; never where real calls come in")
    _check_mail(file, config)
    return config


def _check_mail(file: Path, config: Config) -> None:
    """Found before the first message waits for it."""
    if config.smtp_security not in ("none", "starttls", "tls"):
        raise ConfigError(f"{file}: smtp_security must be none, starttls or tls, got {config.smtp_security!r}")
    if not 1 <= config.smtp_port <= 65535:
        raise ConfigError(f"{file}: smtp_port must be a port from 1 to 65535, got {config.smtp_port}")
    if config.smtp_host and not _ADDRESS.fullmatch(config.smtp_from):
        raise ConfigError(f"{file}: smtp_host needs smtp_from, an address such as cti@example.com")


def _frozen(value: Any) -> Any:
    """A list as a tuple, a table as a tuple of pairs."""
    if isinstance(value, dict):
        return tuple(value.items())
    return tuple(value) if isinstance(value, list) else value


def _check_words(file: Path, name: str, value: object) -> None:
    """A list of texts; for the voices a table of texts."""
    table = name in TABLES
    words = list(value.values()) if table and isinstance(value, dict) else None if table else value
    if not isinstance(words, list) or not all(isinstance(word, str) and word and "\0" not in word for word in words):
        form = '{zh = "…"}, a table of texts' if table else '["program", "--option"], a list of texts'
        raise ConfigError(f"{file}: {name} must be {form}, got {value!r}")


def _check_option(file: Path, name: str, value: object) -> None:
    if name not in _SETTINGS:
        near = difflib.get_close_matches(name, _SETTINGS, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(_SETTINGS)}"
        raise ConfigError(f"{file}: unknown option {name!r}{hint}")
    wanted = type(_SETTINGS[name].default)
    if wanted is tuple:
        _check_words(file, name, value)
        return
    accepted = (int, float) if wanted is float else (wanted,)
    if isinstance(value, bool) != (wanted is bool) or not isinstance(value, accepted):
        raise ConfigError(f"{file}: {name} must be of type {wanted.__name__}, got {value!r}")
    if name in PORTS and isinstance(value, int) and not 1 <= value <= 65535:
        raise ConfigError(f"{file}: {name} must be a port from 1 to 65535, got {value}")


def _load_secrets(file: Path) -> Secrets:
    if not file.is_file():
        raise ConfigError(f"{file} is missing; make new secrets with: cti init --secrets {file.parent}")
    if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{file} can be read by others; mend it with: chmod 600 {file}")
    values = _read_toml(file)
    unknown = set(values) - {f.name for f in fields(Secrets)}
    if unknown:
        raise ConfigError(f"{file}: unknown secret {sorted(unknown)[0]!r}")
    trunks = values.get("trunks", {})
    if not isinstance(trunks, dict) or not all(isinstance(secret, str) for secret in trunks.values()):
        raise ConfigError(f'{file}: [trunks] holds lines such as: itsp = "password"')
    return Secrets(**values)


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {error}") from error

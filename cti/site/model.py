"""The site as values: everything that routes calls, frozen, with every name already resolved.

It knows shapes and defaults; it refuses to know YAML, files' contents, people (they are rows) and Asterisk. Values
are made by `load.load_site`, which checks what types cannot say: each destination, prompt, schedule and trunk that
one part names exists in another.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from pydantic import Field

from ..core.schedule import Schedule
from ..core.words import WrapUpMode
from .asked import Survey
from .in_call import CallKeys, Parking, Transfers
from .report_values import Reports, ServiceLevel
from .value import Value

TargetKind = Literal["menu", "input", "queue", "voicemail", "external", "hangup"]
Order = Literal["longest_idle", "best_skill", "fewest_calls"]
CallbackOrder = Literal["agent_first", "customer_first"]
Transport = Literal["udp", "tcp", "tls"]
ExternalCallerId = Literal["ours", "caller"]
TARGET_KINDS: tuple[str, ...] = get_args(TargetKind)
ORDERS: tuple[str, ...] = get_args(Order)
CALLBACK_ORDERS: tuple[str, ...] = get_args(CallbackOrder)
TRANSPORTS: tuple[str, ...] = get_args(Transport)
EXTERNAL_CALLER_IDS: tuple[str, ...] = get_args(ExternalCallerId)
CODECS = ("alaw", "ulaw", "g722", "g729", "opus", "gsm", "ilbc", "speex")  # as Asterisk names them
USUAL_CODECS = ("alaw", "ulaw", "g722")
Need = Mapping[str, int]  # skill -> least level, 1-100; empty = anybody


class Target(NamedTuple):
    """Where a call goes next; `name` is empty for hangup."""

    kind: TargetKind
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


HANGUP = Target("hangup")


class SiteInfo(Value):
    """Whose site this is. `languages` are tried in this order: the first one has every prompt."""

    name: str
    timezone: str
    country: str = ""  # ISO 3166 alpha-2, for national phone numbers
    languages: tuple[str, ...] = ("en",)


class Secret(Value):
    """Where a password is: an environment variable, a file, or (neither) `[trunks]` of secrets.toml."""

    env: str = ""
    file: str = ""  # absolute, or relative to the folder of site.yaml


class Registration(Value):
    """How we log in to a provider. `number`: the user part of our contact, to which it sends our calls."""

    user: str
    secret: Secret = Secret()
    realm: str = ""  # "" = whatever the challenge names
    number: str = ""
    expires_seconds: int = 300


class Trunk(Value):
    """A SIP provider: where calls go, and whose packets are its calls. `qualify_seconds` 0 = not asked whether it
    lives."""

    name: str
    host: str  # host or host:port
    match: tuple[str, ...] = ()  # addresses or networks; may be empty with `registration`
    transport: Transport = "udp"
    codecs: tuple[str, ...] = USUAL_CODECS
    srtp: bool = False
    caller_id: str = ""  # "" = that of `outbound`
    qualify_seconds: int = 0
    registration: Registration | None = None

    @property
    def address(self) -> str:
        """The host without its port."""
        return self.host.rpartition(":")[0] or self.host

    @property
    def port(self) -> int:
        """The SIP port; 5060, or 5061 for TLS, when none was written."""
        head, _, tail = self.host.rpartition(":")
        return int(tail) if head else 5061 if self.transport == "tls" else 5060


class Outbound(Value):
    """How calls to the outside leave: by the first of `trunks` that takes them. `countries` are those to which callers
    may have themselves called back."""

    trunks: tuple[str, ...]
    caller_id: str
    countries: tuple[str, ...] = ()

    @property
    def trunk(self) -> str:
        """The first one."""
        return self.trunks[0]


class Fallback(Value):
    """How long a caller stays in the native queue before the engine is asked again."""

    seconds: int = 20


class RecordingPolicy(Value):
    """Which conversations are recorded; `surveys`: what is said and pressed after the talk, too."""

    queues: bool = True
    direct: bool = True
    surveys: bool = False


class Spoken(Value):
    """One prompt in one language: a text to speak, a recording (absolute path), or both: the recording is played and
    the text is what it says. `where` is its `file:line`."""

    text: str = ""
    file: Path | None = None
    where: str = Field(default="", exclude=True)


class Prompt(Value):
    """What callers hear under this name, by language. The key "" stands for every language not named."""

    name: str
    spoken: Mapping[str, Spoken]

    def language_for(self, wanted: str, languages: tuple[str, ...]) -> str:
        """The key of `spoken` that callers of language `wanted` hear: their own, else the site's first."""
        return next(key for key in (wanted, "", languages[0]) if key in self.spoken)


NATIVE_CODES = frozenset(
    {"voicemail", "record_prompt", "schedule", "pickup"}
)  # the dialplan's own, with the engine dead as well


class FeatureCodes(Value):
    """What agents dial; "" = this one is not offered. A digit after `pause` is the reason, one after `schedule` the
    schedule, a number after `pickup` whose ringing phone."""

    login: str = "*11"
    logout: str = "*12"
    pause: str = "*13"
    unpause: str = "*14"
    wrap_up_end: str = "*15"
    schedule: str = "*16"
    record_prompt: str = "*17"
    voicemail: str = "*18"
    pickup: str = "*8"

    def dialled(self) -> dict[str, str]:
        """feature -> code, of those that are offered and asked of the engine."""
        return {feature: code for feature, code in self if code and feature not in NATIVE_CODES}


class Number(Value):
    """A number that callers dial. `closed` is set exactly when `schedule` is. `lookup`: who calls is asked first."""

    did: str
    to: Target
    language: str
    schedule: str = ""
    closed: Target | None = None
    lookup: Lookup | None = None


class Choice(Value):
    """What a menu key does: where to (None = back to the menu the caller came from), and what it sets on the call."""

    to: Target | None
    language: str = ""
    need: Need = Field(default_factory=dict)


class Tries(Value):
    """What becomes of callers who err in one way: each time they hear `prompt` ("" = nothing) and are asked again,
    `retries` times at most; after that they are sent `to`."""

    to: Target
    retries: int = 2
    prompt: str = ""


class Menu(Value):
    """One question with keys 0-9, * and #. With `direct_dial` the callers may dial agents' numbers too; between two of
    their digits `digit_seconds` may pass. Errors are counted anew each time that a caller enters a menu."""

    name: str
    prompt: str
    keys: Mapping[str, Choice]
    invalid: Tries
    timeout: Tries
    timeout_seconds: int = 5
    direct_dial: bool = False
    digit_seconds: int = 2


class Lookup(Value):
    """Asks who calls: the engine's own customers, or the hosted script of this name. An answer that takes longer than
    `seconds` is an error."""

    script: str = ""
    seconds: int = 2


class Input(Value):
    """Digits that callers enter: `least` to `most` of them, ended by `terminator` ("" = none) or silence. `masked`:
    they are in no path, log or journal. With `lookup` it is `found` that leads `to`; `not_found` and `error` are set
    exactly when `lookup` is."""

    name: str
    prompt: str
    to: Target
    invalid: Tries
    timeout: Tries
    least: int = 1
    most: int = 20
    terminator: str = "#"
    first_seconds: int = 6
    digit_seconds: int = 3
    confirm: bool = False
    masked: bool = False
    lookup: Lookup | None = None
    not_found: Tries | None = None
    error: Target | None = None


class Step(Value):
    """From `after` seconds of waiting on, agents who meet `need` may be offered the call."""

    after: int
    need: Need = Field(default_factory=dict)


class Preferred(Value):
    """Whose caller it is: who served this number within `days` for at least `seconds`; waited for `wait_seconds`."""

    days: int = 30
    seconds: int = 60
    wait_seconds: int = 0


class Announce(Value):
    """What a queue tells its callers: `position` up to that one (0 = never), the wait, `comfort` prompts between."""

    first_after_seconds: int = 20
    every_seconds: int = 45
    position: int = 0
    wait: bool = False
    comfort: tuple[str, ...] = ()


class ExitKey(Value):
    """The telephone key with which a waiting caller leaves the queue, and where to."""

    key: str
    to: Target


class PauseReason(Value):
    """Why agents may pause. `max_seconds` 0 = as long as they like."""

    name: str
    billable: bool = False
    payable: bool = True
    max_seconds: int = 0


class Callback(Value):
    """Callers may hang up and keep their place. `window` is the schedule of when they may be called, "" = always."""

    offer_after_seconds: int = 60
    repeat_seconds: int = 60
    key: str = "1"
    prompt: str = "callback_offer_1"
    order: CallbackOrder = "agent_first"
    retries: int = 2
    gap_seconds: int = 300
    ring_seconds: int = 30
    window: str = ""


class FollowUp(Value):
    """What becomes of callers of a queue who were not served. `due_minutes` count while the queue is open."""

    due_minutes: int = 60
    abandoned: bool = True
    after_seconds: int = 10
    talk_seconds: int = 20


class Queue(Value):
    """How one queue is served. For `max_…` 0 is no limit. `full`, `busy_ratio` and `closed`: None = as `overflow`.
    `survey` "" = callers are asked nothing after the talk.
    """

    name: str
    overflow: Target
    full: Target | None = None
    busy_ratio: Target | None = None
    steps: tuple[Step, ...] = (Step(after=0),)
    order: Order = "longest_idle"
    ring_seconds: int = 15
    wrap_up_mode: WrapUpMode = WrapUpMode.TIMED
    wrap_up_seconds: int = 0
    max_wait_seconds: int = 0
    max_length: int = 0
    max_ratio: float = 0.0
    callback: Callback | None = None
    max_misses: int = 0
    preferred: Preferred = Preferred(days=0)
    priority: int = 0
    schedule: str = ""
    closed: Target | None = None
    greeting: str = ""
    music: str = "default"
    announce: Announce | None = None
    exit_key: ExitKey | None = None
    follow_up: FollowUp = FollowUp()
    service_level: ServiceLevel = ServiceLevel()
    survey: str = ""


class Voicemail(Value):
    """A mailbox. `email` "" = messages are only kept; `greeting` "" = what was recorded by phone, else our own;
    `queue`: whose messages they are when the caller was in none; `code`: what agents dial to hear the box."""

    name: str
    pin: str
    email: str = ""
    greeting: str = ""
    busy_greeting: str = ""
    queue: str = ""
    code: str = ""
    max_messages: int = 1000
    max_seconds: int = 300


class External(Value):
    """A number outside that callers may be sent to. `trunk` "" = those of `outbound`; `confirm_prompt` "" = whoever
    answers has the call, else they must press 1 first; `otherwise`: where the caller goes when nobody takes it."""

    name: str
    number: str
    trunk: str = ""
    ring_seconds: int = 60
    otherwise: Target = HANGUP
    caller_id: ExternalCallerId = "ours"
    confirm_prompt: str = ""


class Site(Value):
    """Everything in site.yaml; each mapping is keyed by the name that destinations use, in the order written.

    `warnings` are `file:line: text (hint)` lines about what is right now, but will not stay so.
    """

    site: SiteInfo
    trunks: Mapping[str, Trunk] = {}
    outbound: Outbound | None = None
    fallback: Fallback = Fallback()
    recording: RecordingPolicy = RecordingPolicy()
    feature_codes: FeatureCodes = FeatureCodes()
    call_keys: CallKeys = CallKeys()
    transfers: Transfers = Transfers()
    parking: Parking | None = None
    supervisor_pin: str = ""
    prompts: Mapping[str, Prompt] = {}
    schedules: Mapping[str, Schedule] = {}
    numbers: Mapping[str, Number] = {}
    menus: Mapping[str, Menu] = {}
    inputs: Mapping[str, Input] = {}
    pause_reasons: Mapping[str, PauseReason] = {}
    surveys: Mapping[str, Survey] = {}
    queues: Mapping[str, Queue] = {}
    voicemail: Mapping[str, Voicemail] = {}
    externals: Mapping[str, External] = {}
    reports: Reports = Reports()
    warnings: tuple[str, ...] = ()
    prompt_uses: Mapping[str, tuple[str, ...]] = Field(default={}, exclude=True)  # prompt -> who names it

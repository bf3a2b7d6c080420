"""`callback:` of a queue: callers may hang up and keep their place.

It knows the option's fields and the words that callers hear where the site gives none; it refuses to know when anybody
is called (that is `core.virtual_hold`) and how (dialplan).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from . import model
from .digits import DIGITS
from .fields import Fields

_KEY = re.compile(r"[0-9*#]")
_KEY_NAMES = {"*": "star", "#": "hash"}
_SPOKEN_KEYS = {"*": ("星号键", "star"), "#": ("井号键", "the pound key")}

# name -> (zh, en). A prompt of the same name in site.yaml takes its place.
SHIPPED: dict[str, tuple[str, str]] = {
    "callback_number": ("我们将回拨这个号码。", "We will call you back at this number."),
    "callback_confirm": (
        "号码正确请按 1，使用其他号码请按 2，继续等待请按 3。",
        "If this is right, press 1. To give another number, press 2. To go on waiting, press 3.",
    ),
    "callback_enter": (
        "请输入您的电话号码，以井号键结束。",
        "Please enter your telephone number, then press the pound key.",
    ),
    "callback_refused": ("抱歉，我们不能回拨这个号码。", "Sorry, we cannot call this number back."),
    "callback_back": ("请继续等待，您的排队位置没有改变。", "Please hold the line. You have kept your place."),
    "callback_thanks": (
        "已为您保留排队位置，轮到您时我们会给您回电。您现在可以挂机了，再见。",
        "We keep your place and will call you when it is your turn. You can hang up now. Goodbye.",
    ),
    "callback_hello": (
        "您好，这是您预约的回电，正在为您接通客服人员。",
        "Hello. This is the call back that you asked for. We are connecting you.",
    ),
    "callback_agent": ("回电客户，正在拨号。", "Call back: dialling the customer."),
    "callback_no_answer": ("客户未接听，稍后再试。", "The customer was not reached. We will try again later."),
}
_OFFER = (
    "如果您不想继续等待，请按{0}，我们将保留您的排队位置，轮到您时给您回电。",
    "If you would rather not wait, press {1}. We keep your place and call you back when it is your turn.",
)


def read_callback(queue: Fields, schedule: str) -> model.Callback | None:
    """The option, None when absent. `schedule` is the queue's own: who may be called when nothing else is said."""
    node = queue.get("callback")
    if node is None:
        return None
    fields = Fields(queue.ctx, node, f"{queue.what}: callback", queue.line("callback"))
    key = fields.matching("key", _KEY, "one of 0-9, * and #") or "1"
    callback = model.Callback(
        offer_after_seconds=fields.number("offer_after_seconds", 60, 0, 3600),
        repeat_seconds=fields.number("repeat_seconds", 60, 15, 3600),
        key=key,
        prompt=fields.reference("prompt", "prompt") or _offer_name(key),
        order=fields.one_of("order", model.CALLBACK_ORDERS, "agent_first"),
        retries=fields.number("retries", 2, 0, 20),
        gap_seconds=fields.number("gap_seconds", 300, 5, 86_400),
        ring_seconds=fields.number("ring_seconds", 30, 5, 120),
        window=fields.reference("window", "schedule") or schedule,
    )
    fields.done()
    if not queue.ctx.known.get("outbound"):
        queue.ctx.wrong(queue.line("callback"), f"{fields.what} needs an outbound trunk", "add outbound: {trunk: …}")
    return callback


def callback_texts(site: model.Site) -> Mapping[str, tuple[str, str]]:
    """What callers of queues with the option hear: name -> (zh, en)."""
    keys = {queue.callback.key for queue in site.queues.values() if queue.callback}
    return SHIPPED | DIGITS | {_offer_name(key): _offer(key) for key in sorted(keys)} if keys else {}


def _offer_name(key: str) -> str:
    return f"callback_offer_{_KEY_NAMES.get(key, key)}"


def _offer(key: str) -> tuple[str, str]:
    spoken = _SPOKEN_KEYS.get(key, (f" {key} ", key))
    return _OFFER[0].format(*spoken), _OFFER[1].format(*spoken)

"""`surveys:` of site.yaml: what callers are asked when the agent has hung up.

It knows the options, their limits and our words of thanks; it refuses to know how keys are read (dialplan/_surveys.j2)
and what is counted of the answers (core.metrics).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import yaml

from . import model
from .asked import Question, Survey
from .fields import Context, Fields, named
from .reading import shown

_SCALE = re.compile(r"[0-9]-[0-9]")
_KEY = re.compile(r"[0-9*#]")
MOST_QUESTIONS = 9
THANKS = "survey_thanks"
_WORDS = ("感谢您的评价，再见。", "Thank you for your answers. Goodbye.")


def read_survey(ctx: Context, key: yaml.ScalarNode, node: yaml.Node) -> Survey:
    """One survey; its questions are put in the order written."""
    fields = Fields(ctx, node, f"survey {key.value}", key)
    survey = Survey(
        name=key.value,
        questions=_questions(fields),
        thanks=fields.reference("thanks", "prompt") or THANKS,
        ask_percent=fields.number("ask_percent", 100, 1, 100),
        min_talk_seconds=fields.number("min_talk_seconds", 10, 0, 3600),
        notice=fields.reference("notice", "prompt"),
        decline_key=fields.matching("decline_key", _KEY, "one of 0-9, * and #"),
    )
    fields.done()
    if survey.decline_key and "notice" not in fields.values:
        hint = "add notice: the prompt that tells of it"
        ctx.wrong(fields.line("decline_key"), f"{fields.what} has a decline_key but no notice", hint)
    return survey


def _questions(survey: Fields) -> dict[str, Question]:
    ctx, found = survey.ctx, {}
    node = survey.get("questions", required=True)
    for key, value in named(ctx, node, f"{survey.what}: questions"):
        found[key.value] = _question(ctx, key, value, f"{survey.what}: question {shown(key.value)}")
        if len(found) == MOST_QUESTIONS + 1:
            ctx.wrong(key, f"{survey.what} has more than {MOST_QUESTIONS} questions", "nobody stays for so many")
    if node is not None and not found and isinstance(node, yaml.MappingNode):
        ctx.wrong(survey.line("questions"), f"{survey.what} has no questions")
    return found


def _question(ctx: Context, key: yaml.ScalarNode, node: yaml.Node, what: str) -> Question:
    fields = Fields(ctx, node, what, key)
    least, most = _scale(fields)
    best = fields.number("best", most, 0, 9)
    if best not in (least, most):
        ctx.wrong(fields.line("best"), f"{what}: best is {best}", f"{least} or {most}, an end of keys")
        best = most
    question = Question(
        name=key.value,
        prompt=fields.reference("prompt", "prompt", required=True),
        least=least,
        most=most,
        best=best,
        tries=fields.number("tries", 2, 1, 5),
        timeout_seconds=fields.number("timeout_seconds", 5, 1, 30),
    )
    fields.done()
    return question


def _scale(fields: Fields) -> tuple[int, int]:
    """The lowest and the highest key that answers."""
    text = fields.matching("keys", _SCALE, "two of 0-9 with a dash, such as 1-5") or "1-5"
    least, most = int(text[0]), int(text[-1])
    if least < most:
        return least, most
    fields.ctx.wrong(fields.values["keys"][1], f"{fields.what}: keys is {text}", "the lower one first, such as 1-5")
    return 1, 5


def survey_texts(site: model.Site) -> Mapping[str, tuple[str, str]]:
    """Our words of thanks, where a survey has none: name -> (zh, en)."""
    return {THANKS: _WORDS} if any(survey.thanks == THANKS for survey in site.surveys.values()) else {}

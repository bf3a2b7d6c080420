"""The questions after the talk on paper, as dialplan/_surveys.j2 puts them. Pure; `core.walk` leads the caller here."""

from __future__ import annotations

from collections.abc import Iterator

from .flow import Question, Survey

Told = tuple[str, tuple[str, ...], str]  # the path's item, what is said, why


def asked(survey: Survey, digits: list[str], *, hangs_up: bool) -> Iterator[Told]:
    """What is said and answered; takes from `digits` one item for each try, and ends when the caller hangs up."""
    for question in survey.questions:
        became = "silent"
        for _ in range(question.tries):
            if not digits and hangs_up:
                yield "", (question.prompt,), f"hangs up in {survey.place}"
                return
            became = _became(question, digits.pop(0) if digits else "")
            yield "", (question.prompt,), ""
            if became in question.keys:
                break
        yield f"{survey.place}={became}", (), ""
        if became == "silent":
            break
    yield "", (survey.thanks,), ""


def _became(question: Question, key: str) -> str:
    if not key:
        return "silent"
    return key if len(key) == 1 and key in question.keys else "invalid"

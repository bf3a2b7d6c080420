"""What a survey of site.yaml may say, and what is said of one that cannot be asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti.errors import SiteError
from cti.site.asked import Question, Survey
from cti.site.load import load_site

HEAD = """
site: {name: Test, timezone: Asia/Shanghai, languages: [zh, fr]}
prompts: {ask: "?", told: "!"}
surveys:
  care: """


def survey_of(folder: Path, text: str) -> Survey:
    file = folder / "site.yaml"
    file.write_text(HEAD + text)
    return load_site(file).surveys["care"]


def mistakes(folder: Path, text: str) -> list[str]:
    with pytest.raises(SiteError) as caught:
        survey_of(folder, text)
    return [mistake.partition("site.yaml:")[2] for mistake in caught.value.mistakes]


def test_a_question_alone_is_a_survey_and_its_scale_goes_from_1_to_5(tmp_path: Path) -> None:
    survey = survey_of(tmp_path, "{questions: {content: {prompt: ask}}}")
    assert survey == Survey(
        name="care", questions={"content": Question(name="content", prompt="ask")}, thanks="survey_thanks"
    )
    thanks = load_site(tmp_path / "site.yaml").prompts["survey_thanks"]
    assert thanks.spoken.keys() == {"zh", "fr"}


def test_the_best_answer_may_be_the_lowest_key(tmp_path: Path) -> None:
    question = survey_of(tmp_path, "{questions: {q: {prompt: ask, keys: 1-4, best: 1}}}").questions["q"]
    assert (question.least, question.most, question.worst, question.best) == (1, 4, 4, 1)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{}", "5: survey care needs questions"),
        ("{questions: {}}", "5: survey care has no questions"),
        ("{questions: {q: {}}}", "5: survey care: question 'q' needs prompt"),
        ("{questions: {q: {prompt: asc}}}", "5: survey care: question 'q': prompt: there is no prompt 'asc'"),
        (
            "{questions: {q: {prompt: ask, keys: 5-1}}}",
            "5: survey care: question 'q': keys is 5-1 (the lower one first",
        ),
        ("{questions: {q: {prompt: ask, keys: 12}}}", "5: survey care: question 'q': keys is '12' (two of 0-9"),
        (
            "{questions: {q: {prompt: ask, best: 3}}}",
            "5: survey care: question 'q': best is 3 (1 or 5, an end of keys)",
        ),
        ('{decline_key: "9", questions: {q: {prompt: ask}}}', "5: survey care has a decline_key but no notice"),
        ("{questions: {Q 1: {prompt: ask}}}", "5: survey care: questions: 'Q 1' is not a name"),
        ("{ask_percent: 0, questions: {q: {prompt: ask}}}", "5: survey care: ask_percent is 0 (from 1 to 100)"),
    ],
)
def test_a_survey_that_cannot_be_asked_is_refused_at_its_line(tmp_path: Path, text: str, mistake: str) -> None:
    (found,) = mistakes(tmp_path, text)
    assert found.startswith(mistake)


def test_nobody_is_asked_more_than_nine_questions(tmp_path: Path) -> None:
    many = ", ".join(f"q{n}: {{prompt: ask}}" for n in range(12))
    assert mistakes(tmp_path, f"{{questions: {{{many}}}}}") == [
        "5: survey care has more than 9 questions (nobody stays for so many)"
    ]


def test_a_queue_names_a_survey_that_exists(tmp_path: Path) -> None:
    queue = "\nqueues: {sales: {overflow: hangup, survey: core}}"
    assert mistakes(tmp_path, "{questions: {q: {prompt: ask}}}" + queue) == [
        "6: queue sales: survey: there is no survey 'core' (did you mean care?)"
    ]

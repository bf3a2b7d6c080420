"""One conversation -> what the caller was asked after the talk, as facts. It knows scales; it asks nothing. Pure."""

from __future__ import annotations

from ..conversation import Conversation
from .facts import SurveyAnswer


def survey_answers_of(conversation: Conversation) -> list[SurveyAnswer]:
    """One for each question that was put, in the survey's order."""
    return [
        SurveyAnswer(
            call=conversation.id,
            position=answer.place,
            queue=answer.queue,
            agent=answer.agent,
            survey=answer.survey,
            question=answer.question,
            at=answer.at,
            outcome=answer.outcome,
            answer=answer.answer,
            worst=answer.worst,
            best=answer.best,
            top_two=answer.answer is not None and abs(answer.answer - answer.best) <= 1,
        )
        for answer in conversation.answers
    ]

"""What callers are asked after the talk, as values. It knows no YAML (`surveys.py`) and no dialplan."""

from __future__ import annotations

from collections.abc import Mapping

from .value import Value


class Question(Value):
    """One question of a survey, answered with one key from `least` to `most`. `best` is one of the two: the answer
    that praises most. After a wrong key or silence it is put again, `tries` times in all."""

    name: str
    prompt: str
    least: int = 1
    most: int = 5
    best: int = 5
    tries: int = 2
    timeout_seconds: int = 5

    @property
    def worst(self) -> int:
        """The other end of the scale."""
        return self.least if self.best == self.most else self.most


class Survey(Value):
    """Questions after the talk, put when the agent has hung up. `ask_percent` of the callers are asked, and only after
    talks of `min_talk_seconds`. `notice` ("" = none) is heard before the waiting begins, by those who will be asked;
    `decline_key` ("" = none) pressed then takes them out."""

    name: str
    questions: Mapping[str, Question]
    thanks: str
    ask_percent: int = 100
    min_talk_seconds: int = 10
    notice: str = ""
    decline_key: str = ""

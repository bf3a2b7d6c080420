"""Numbers read back to callers, digit by digit: the words that come with us. When they are said is the dialplan's."""

from __future__ import annotations

_HAN = "零一二三四五六七八九"
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

# name -> (zh, en). A prompt of the same name in site.yaml takes its place.
DIGITS: dict[str, tuple[str, str]] = {f"digit_{digit}": (_HAN[digit], _WORDS[digit]) for digit in range(10)}

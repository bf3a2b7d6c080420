"""Words that come with us: prompts that callers hear because of an option, as far as the site has none of that name.

It knows which options need words and in which languages they come; when they are said is the dialplan's.
"""

from __future__ import annotations

from . import model
from .announced import phrases_of
from .callback import callback_texts
from .externals import external_texts
from .inputs import input_texts
from .menus import menu_texts
from .surveys import survey_texts


def shipped_prompts(site: model.Site) -> dict[str, model.Prompt]:
    """The prompts that this site's options need and its `prompts` do not have."""
    texts = {**callback_texts(site), **menu_texts(site), **input_texts(site), **external_texts(site)}
    texts |= survey_texts(site)
    languages = site.site.languages
    return {name: _prompt(name, text, languages) for name, text in texts.items() if name not in site.prompts}


def uses_of(site: model.Site) -> dict[str, tuple[str, ...]]:
    """prompt -> what has it played: the places that name it, or the option whose words it is."""
    ours = shipped_prompts(site.model_copy(update={"prompts": {}}))
    phrases = dict.fromkeys(phrases_of(site.queues.values()), ("announce",))
    return dict.fromkeys(ours, ("words of an option",)) | phrases | dict(site.prompt_uses)


def _prompt(name: str, text: tuple[str, str], languages: tuple[str, ...]) -> model.Prompt:
    """Chinese in Chinese, every other language in English."""
    words = {language: text[0 if language.partition("_")[0] == "zh" else 1] for language in languages}
    return model.Prompt(name=name, spoken={language: model.Spoken(text=said) for language, said in words.items()})

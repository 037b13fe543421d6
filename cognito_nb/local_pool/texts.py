"""The words of the sign-in pages, in the languages that the pool speaks; English stands in for the others.

Source: the list of languages in "Localization" of managed login, Cognito developer guide.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeAlias

__all__ = ["ENGLISH", "LANGUAGES", "TEMPLATES", "Texts", "texts_in"]

Texts: TypeAlias = dict[str, str]

TEMPLATES = Path(__file__).parent / "templates"
# What ``lang`` may say
LANGUAGES = ("de", "en", "es", "fr", "id", "it", "ja", "ko", "pt-BR", "zh-CN", "zh-TW")

_SPOKEN: dict[str, Texts] = {
    language: {"language": language, **texts}
    for language, texts in json.loads((TEMPLATES / "texts.json").read_text("utf-8")).items()
}
ENGLISH = _SPOKEN["en"]


def texts_in(language: str | None) -> Texts:
    """Return the words in a language of `LANGUAGES`; ``{}`` in them is a provider's name."""
    return _SPOKEN.get(language or "", ENGLISH)

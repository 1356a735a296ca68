"""Words of the user interface: gettext catalogues with keys, Chinese first, English complete.

Catalogues stand in ``assets/messages/<language>/<slice>.po`` and are compiled by ``scripts/messages`` into
one ``assets/messages/<language>.mo``. Code holds keys only (``t("visits.submit.title")``).
"""

from __future__ import annotations

import gettext
import os
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("zh_CN", "en")
DEFAULT_LANGUAGE = "zh_CN"


def messages_dir() -> Path:
    """Where the compiled catalogues are: checkout, browser archive, installed wheel, or REVISIT_ASSETS."""
    given = os.environ.get("REVISIT_ASSETS")
    top = Path(__file__).resolve().parent.parent
    places = [Path(given)] if given else [top / "assets", top / "sync_server" / "_bundle" / "assets"]
    for place in places:
        if (place / "messages").is_dir():
            return place / "messages"
    raise FileNotFoundError(f"no message catalogues under {', '.join(map(str, places))}")


class Words:
    """The words of one language: call it with a key and the values of its placeholders."""

    def __init__(self, language: str, catalogue: gettext.NullTranslations) -> None:
        self.language = language
        self._catalogue = catalogue

    @property
    def is_chinese(self) -> bool:
        """Whether this is Chinese: picks ``zh`` or ``en`` of bilingual content."""
        return self.language.startswith("zh")

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key; a key without a text is shown as the key, so a gap is seen, never a crash."""
        text = self._catalogue.gettext(key)
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether the catalogue holds a text for this key."""
        return self._catalogue.gettext(key) != key


def match_language(tag: str | None) -> str:
    """The supported language nearest to a tag such as ``zh-Hans-CN`` or ``en_GB``; Chinese if in doubt."""
    return "en" if (tag or "").lower().startswith("en") else DEFAULT_LANGUAGE


@lru_cache(maxsize=4)
def words(language: str) -> Words:
    """The words of a language (loaded once)."""
    language = match_language(language)
    with (messages_dir() / f"{language}.mo").open("rb") as file:
        return Words(language, gettext.GNUTranslations(file))

"""Words of the user interface: gettext catalogues with keys, Chinese first, English complete.

Catalogues stand in ``assets/messages/<language>/<slice>.po`` and are compiled by ``scripts/messages`` into
one ``assets/messages/<language>.mo``. Code holds keys only (``t("visits.submit.title")``).

A number chooses its words within the text: ``{count} {count:photo is|photos are} missing`` takes the first
form at 1 and the second otherwise, and one text may hold several such numbers, which gettext's own plurals
cannot. Chinese has one form; ``scripts/messages`` refuses an English text that counts with one form only.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping
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


class _Counted:
    """A value that can choose a word by itself; anything else it writes like the plain value."""

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def __format__(self, spec: str) -> str:
        one, bar, other = spec.partition("|")
        if not bar:
            return format(self._value, spec)
        return one if str(self._value) == "1" else other


class _Counting:
    """The values of a text that counts."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> _Counted:
        return _Counted(self._values[name])


def fill(text: str, values: Mapping[str, object]) -> str:
    """The text with its placeholders filled; a mapping's own ``__missing__`` stands in for what lacks."""
    return text.format_map(_Counting(values) if "|" in text else values)


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
        return fill(text, values) if values else text

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

"""The words of a report in one language or in both: one text, or Chinese with English beneath."""

from __future__ import annotations

from datetime import date, datetime

from shared_models.messages import Words, words
from sync_server.reports.look import BODY, CELL, CELL_SMALL, HEAD, HEAD_SECOND, SECOND, Style
from sync_server.reports.plan_report import Language, Phrase, Rate
from sync_server.reports.text import Mark, Text

Lines = tuple[str, ...]

_LANGUAGES: dict[Language, tuple[str, ...]] = {"zh": ("zh_CN",), "en": ("en",), "both": ("zh_CN", "en")}


class Lexicon:
    """Words of a report; ``say`` gives one text per language of the report."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._words: tuple[Words, ...] = tuple(words(name) for name in _LANGUAGES[language])

    @property
    def tags(self) -> tuple[str, ...]:
        """Languages of the catalogues, first to last."""
        return tuple(w.language for w in self._words)

    @property
    def tag(self) -> str:
        """The language tag of the document (BCP 47): that of its first language."""
        return "en" if self.language == "en" else "zh-CN"

    def say(self, key: str, /, **values: object) -> Lines:
        """The text of a key per language; phrases among the values speak that language."""
        return tuple(
            w(key, **{n: v.of(w.language) if isinstance(v, Phrase) else v for n, v in values.items()})
            for w in self._words
        )

    def pick(self, phrase: Phrase) -> Lines:
        """A phrase per language, once where both are the same."""
        return tuple(dict.fromkeys(phrase.of(w.language) for w in self._words))

    def line(self, key: str, /, **values: object) -> str:
        """The text of a key on one line."""
        return "  ".join(self.say(key, **values))

    def one_line(self, phrase: Phrase) -> str:
        """A phrase on one line."""
        return "  ".join(self.pick(phrase))


def stack(lines: Lines, first: Style = BODY, second: Style = SECOND, mark: Mark | None = None) -> list[Text]:
    """Texts under each other: the first language in the first style, the second in the second one."""
    kept = [line for line in lines if line]
    styles = [
        first.but(after=min(first.after, 3.0)) if len(kept) > 1 else first,
        second.but(after=first.after),
    ]
    return [
        Text(line, style, mark=mark if index == 0 else None)
        for index, (line, style) in enumerate(zip(kept, styles, strict=False))
    ]


def head(lines: Lines, align: str = "left") -> list[Text]:
    """A head cell of a table."""
    return stack(lines, HEAD.but(align=align), HEAD_SECOND.but(align=align))


def cell(lines: Lines, style: Style = CELL) -> list[Text]:
    """A cell of a table."""
    return stack(lines, style, CELL_SMALL.but(align=style.align))


def day(value: date | datetime | None) -> str:
    """A date as ISO 8601, which reads the same in both languages; a dash where there is none."""
    if value is None:
        return "—"
    return (value.date() if isinstance(value, datetime) else value).isoformat()


def minute(value: datetime | None) -> str:
    """An instant to the minute."""
    return "—" if value is None else value.strftime("%Y-%m-%d %H:%M")


def percent(value: float | None) -> str:
    """A percentage with one decimal."""
    return "—" if value is None else f"{value:.1f}%"


def interval(rate: Rate) -> str:
    """The 95 % interval of a rate."""
    if rate.low is None or rate.high is None:
        return "—"
    return f"{rate.low:.1f}–{rate.high:.1f}%"


def points(value: float | None) -> str:
    """A change in percentage points with its sign (a true minus)."""
    return "—" if value is None else f"{value:+.1f}".replace("-", "−")

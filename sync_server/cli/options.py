"""Options that several commands share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from shared_models.messages import LANGUAGES
from sync_server.cli.language import t

Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help=t("cli.option.data"), show_default=False)
]


def month_given(month: str | None) -> str | None:
    """A month as it was typed; BadParameter for what is none."""
    from sync_server.insight.calendar import MONTH

    if month is not None and not re.fullmatch(MONTH, month):
        raise typer.BadParameter(t("cli.option.month", given=month))
    return month


def language_given(language: str | None) -> str | None:
    """A tag of a language that we speak (``zh``, ``zh-CN``, ``en_GB``); BadParameter for another one."""
    ours = {one.partition("_")[0] for one in LANGUAGES}
    if language is not None and re.split("[-_]", language.lower())[0] not in ours:
        raise typer.BadParameter(t("cli.option.language.unknown", given=language))
    return language


AsJson = Annotated[bool, typer.Option("--json", help=t("cli.option.json"))]

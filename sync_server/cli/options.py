"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync_server.cli.language import t

Data = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help=t("cli.option.data"), show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help=t("cli.option.json"))]

"""revisit field: the field app on this machine."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.language import t


def field(
    server: Annotated[
        str | None, typer.Option(metavar="URL", help=t("cli.field.server"), show_default=False)
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help=t("cli.field.port"), show_default=False)
    ] = None,
) -> None:
    """Replace this process by the field app."""
    if find_spec("field_app") is None:
        raise Problem(Code.TOOL_MISSING, {"tool": "field_app"})
    environment = dict(os.environ)
    if server:
        environment["REVISIT_SERVER"] = server
    arguments = [] if port is None else ["--port", str(port)]
    os.execve(sys.executable, [sys.executable, "-m", "field_app", *arguments], environment)

"""revisit demo: the demo network, made by driving the real paths."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.accounts import has_accounts
from sync_server.cli.language import LANGUAGE, t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import progress, say, show, table
from sync_server.cli.site import open_database, settings_for


def demo(
    data: Data = None,
    if_empty: Annotated[bool, typer.Option("--if-empty", help=t("cli.demo.if_empty"))] = False,
    as_json: AsJson = False,
) -> None:
    """Load the demo network into an empty installation."""
    from sync_server.demo.seed import clear_unfinished, seed

    settings = settings_for(data)
    clear_unfinished(settings)
    with open_database(settings, create=True) as database:
        if has_accounts(database):
            if not if_empty:
                raise Problem(Code.FOLDER_IN_USE, {"folder": settings.data_dir})
            say(t("cli.demo.kept"))
            return
    with progress(t("cli.demo.loading")) as step:
        summary = seed(settings, progress=step)
    show(summary, as_json, lambda: print(t("cli.demo.done", folder=settings.data_dir)))


def show_logins(url: str, data_dir: Path) -> None:
    """Who can sign in to the demo, with which password, and what to try first."""
    from sync_server.demo.seed import logins

    accounts = logins(data_dir, LANGUAGE)
    if not accounts:
        return
    say(t("cli.demo.logins", url=url))
    columns = [t(f"cli.demo.column.{name}") for name in ("role", "login", "password", "try")]
    table(
        columns,
        [(one.role, one.login, one.password, one.hint) for one in accounts],
    )

"""revisit rescue import: what a device had not sent, from its rescue file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync_server.cli.exits import Exit
from sync_server.cli.language import LANGUAGE, t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import say, show, table
from sync_server.cli.site import open_database, settings_for

if TYPE_CHECKING:
    from sync_server.rescue.service import RescueReport

_SHOWN = 50


def import_rescue(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.zip", exists=True, dir_okay=False, help=t("cli.rescue.file"))
    ],
    login: Annotated[
        str | None, typer.Option("--login", metavar="NAME", help=t("cli.rescue.login"), show_default=False)
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Take a rescue file in; exit code 1 where something of it is not in."""
    from shared_models.clock import utc_now
    from shared_models.problems import Code, Problem
    from sync_server.media.blobs import FolderBlobs
    from sync_server.people.repository import credential_of_login
    from sync_server.people.service import fold
    from sync_server.rescue.service import take_in

    settings = settings_for(data)
    with open_database(settings) as database:
        person_id: str | None = None
        if login is not None:
            with database.read() as session:
                known = credential_of_login(session, fold(login))
            if known is None:
                raise Problem(Code.RESCUE_WRONG_PERSON, {"login": login})
            person_id = str(known["person_id"])
        report = take_in(
            database,
            FolderBlobs(settings.blob_dir),
            file,
            person_id=person_id,
            now=utc_now(),
            language=LANGUAGE,
        )
    show(report.model_dump(mode="json"), as_json, lambda: _print(report))
    if not report.complete:
        raise SystemExit(int(Exit.DATA))


def _print(report: RescueReport) -> None:
    print(t("cli.rescue.done", person=report.person, at=report.made_at, ops=report.ops))
    rows = [(t(f"cli.rescue.{name}"), count) for name, count in sorted(report.outcomes.items())]
    rows += [
        (t("cli.rescue.files_stored"), report.files_stored),
        (t("cli.rescue.files_known"), report.files_known),
    ]
    if report.set_aside:
        rows.append((t("cli.rescue.set_aside"), report.set_aside))
    table([t("cli.rescue.what"), t("cli.rescue.count")], rows, right=(1,))
    for sha256 in report.files_missing[:_SHOWN]:
        say(t("cli.rescue.missing", sha256=sha256))
    for one in report.refused[:_SHOWN]:
        problem = one.problem or {}
        say(t("cli.rescue.refused", number=one.seq, title=problem.get("title", one.outcome.value)))

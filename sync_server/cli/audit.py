"""revisit audit: who did what, at which dealer, when."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Annotated

import typer

from shared_models.problems import Code, Place, Problem
from sync_server.cli.language import LANGUAGE, t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import show, table
from sync_server.cli.site import ensure_writable, open_database, operator, settings_for

Text = typer.Option


def audit(
    text: Annotated[str, typer.Argument(metavar="[WORDS]", help=t("cli.audit.text"))] = "",
    actor: Annotated[str, Text("--actor", metavar="LOGIN", help=t("cli.audit.actor"))] = "",
    action: Annotated[str, Text("--action", metavar="CODE", help=t("cli.audit.action"))] = "",
    dealer: Annotated[str, Text("--dealer", metavar="CODE", help=t("cli.audit.dealer"))] = "",
    since: Annotated[
        datetime | None, Text("--since", formats=["%Y-%m-%d"], help=t("cli.audit.since"), show_default=False)
    ] = None,
    until: Annotated[
        datetime | None, Text("--until", formats=["%Y-%m-%d"], help=t("cli.audit.until"), show_default=False)
    ] = None,
    limit: Annotated[int, Text("--limit", min=1, max=50_000, metavar="N", help=t("cli.audit.limit"))] = 50,
    out: Annotated[
        Path | None,
        Text("--out", metavar="FILE", dir_okay=False, help=t("cli.audit.out"), show_default=False),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Search the trail, newest first; with --out into a .csv or .xlsx file."""
    from sync_server.audit import service
    from sync_server.audit.repository import Question
    from sync_server.people import repository
    from sync_server.people.service import fold

    if out is not None and out.suffix not in {".csv", ".xlsx"}:
        raise Problem(Code.SETTING_INVALID, {"reason": f"--out {out}: .csv, .xlsx"})
    with open_database(settings_for(data)) as database, database.read() as session:
        person = repository.credential_of_login(session, fold(actor)) if actor else None
        place = repository.dealer_of_code(session, dealer) if dealer else ""
        for wanted, found, name in ((actor, person, "actor"), (dealer, place, "dealer")):
            if wanted and not found:
                raise Problem(Code.NOT_FOUND, {}, [Place(name, wanted)])
        question = Question(
            actor_id=person["person_id"] if person else "",
            action=action,
            dealer_id=place or "",
            since=None if since is None else datetime.combine(since, time(), service.ZONE),
            until=None
            if until is None
            else datetime.combine(until, time(), service.ZONE) + timedelta(days=1),
            text=text,
        )
        page = service.page(session, operator(), question, limit=limit)
    if out is not None:
        make = service.as_csv if out.suffix == ".csv" else service.as_xlsx
        ensure_writable(out.resolve().parent)
        out.write_bytes(make(page.entries, LANGUAGE))

    def human() -> None:
        if out is not None:
            print(t("cli.bulk.written", file=out))
            return
        heads, rows = service.rows(page.entries, LANGUAGE)
        table(heads, rows)
        print(t("cli.audit.total", shown=len(page.entries), total=page.total))

    show(page.model_dump(mode="json"), as_json, human)

"""revisit insight agreement: do two people who saw the same say the same."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated

import typer

from sync_server.cli.insight import figures
from sync_server.cli.language import t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import show, table

_COLUMNS = ("what", "answers", "same", "kappa", "alpha", "ac1", "pabak", "verdict")


def agreement(
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=t("cli.agreement.first")),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=t("cli.agreement.last")),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Agreement of double-coded visits, per item and per person."""
    from sync_server.reviews import repository
    from sync_server.reviews.agreement import AgreementLine, report

    with figures(data) as (session, scope):
        found = report(session, scope, _day(first), _day(last))
        names = repository.names(session, [one.key for one in found.people])

    def row(one: AgreementLine, name: str) -> list[object]:
        measures = (one.same, one.kappa, one.alpha, one.ac1, one.pabak)
        told = [None if value is None else f"{value:.3f}" for value in measures]
        if one.low is not None and one.high is not None:
            told[0] = f"{told[0]} ({one.low:.2f}–{one.high:.2f})"
        return [name, one.answers, *told, t(f"review.verdict.{one.verdict}")]

    def human() -> None:
        rows = [row(found.overall, t("cli.agreement.all", pairs=found.pairs))]
        rows += [row(one, one.key) for one in found.items]
        rows += [row(one, names.get(one.key, one.key)) for one in found.people]
        columns = [t(f"cli.agreement.column.{name}") for name in _COLUMNS]
        table(columns, rows, right=(1, 2, 3, 4, 5, 6))

    show({**asdict(found), "names": names}, as_json, human)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()

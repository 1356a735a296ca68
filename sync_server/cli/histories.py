"""revisit insight people, doubling: what everybody's visits have been like, and which are made twice."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from sync_server.cli.language import t
from sync_server.cli.options import AsJson, Data
from sync_server.cli.output import show, table
from sync_server.cli.site import open_database, operator, settings_for

if TYPE_CHECKING:
    from sync_server.reviews.service import MonthOfWork, WorkOf

_MONTHS = ("person", "month", "sent", "accepted", "returned", "rejected", "corrected", "grade", "looks",
           "signals")  # fmt: skip
_DRAWS = ("person", "visits", "drawn", "planned", "done")


def people(
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help=t("cli.agreement.first")),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Everybody's visits by month: what became of them, signals, grades and agreement with others."""
    from sync_server.reviews import service, signals

    now = datetime.now(UTC)
    since = date(now.year - 1, now.month, 1) if first is None else first.date()
    with open_database(settings_for(data)) as database:
        signals.bring_up(database, now)
        with database.read() as session:
            found = service.history(session, operator(), since)

    def human() -> None:
        rows = [_month(one, month) for one in found for month in one.months]
        columns = [t(f"cli.histories.column.{name}") for name in _MONTHS]
        table(columns, rows, right=tuple(range(2, 9)))
        agreed = [
            [one.name, one.agreement.answers, _percent(one.agreement.same), _between(one)]
            for one in found
            if one.agreement is not None
        ]
        if agreed:
            names = ("person", "answers", "same", "interval")
            table([t(f"cli.histories.column.{name}") for name in names], agreed, right=(1, 2, 3))

    show({"since": since, "people": [asdict(one) for one in found]}, as_json, human)


def _month(one: WorkOf, month: MonthOfWork) -> list[object]:
    kinds = ", ".join(f"{t(f'review.signal.{kind}')} {count}" for kind, count in month.signals.items())
    counts = (month.sent, month.accepted, month.returned, month.rejected, month.corrected)
    return [one.name, month.month, *counts, month.grade, month.looks, kinds]


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{100 * share:.0f} %"


def _between(one: WorkOf) -> str | None:
    agreed = one.agreement
    if agreed is None or agreed.low is None or agreed.high is None:
        return None
    return f"{100 * agreed.low:.0f}–{100 * agreed.high:.0f} %"


def doubles(data: Data = None, as_json: AsJson = False) -> None:
    """The share of covert visits that a second person makes too, and what came of it."""
    from sync_server.reviews import doubling

    with open_database(settings_for(data)) as database, database.read() as session:
        found = doubling.answer(session, operator(), datetime.now(UTC).date())

    def human() -> None:
        state = "on" if found.rule.active else "off"
        typer.echo(t(f"cli.doubling.{state}", percent=found.rule.percent))
        rows = [[one.name, one.visits, one.drawn, one.planned, one.done] for one in found.people]
        table([t(f"cli.histories.column.{name}") for name in _DRAWS], rows, right=(1, 2, 3, 4))
        for one in found.drawn:
            if one.problem:
                typer.echo(t("review.doubling.nobody_at", dealer=one.dealer, first=one.first))

    show(found.model_dump(mode="json"), as_json, human)

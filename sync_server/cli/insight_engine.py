"""revisit insight: tables of the month engine and of the network, closed months and their results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.insight import (
    DealerCode,
    ItemCode,
    Month,
    RegionName,
    SourceCode,
    figures,
    filter_of,
    source_of,
)
from sync_server.cli.language import LANGUAGE, t
from sync_server.cli.options import AsJson, Data, month_given
from sync_server.cli.output import show, table
from sync_server.cli.site import ensure_writable, open_database, settings_for

_NAMES = (
    "fused|acsi|nps|rater|indices|drivers|weights|outcomes|interviewers|visitors|sources|people|dealers|"
    "technicians"
)
ClosedMonth = Annotated[
    str, typer.Argument(metavar="YYYY-MM", callback=month_given, help=t("cli.insight.close.month"))
]


def print_table(
    name: Annotated[str, typer.Argument(metavar=_NAMES, help=t("cli.insight.table.name"))],
    dealer: DealerCode = None,
    region: RegionName = None,
    item: ItemCode = None,
    survey: Annotated[
        str | None, typer.Option(metavar="NAME", help=t("cli.insight.table.survey"), show_default=False)
    ] = None,
    source: SourceCode = None,
    month: Month = None,
    count: Annotated[
        int, typer.Option("--months", min=1, max=24, metavar="N", help=t("cli.insight.count"))
    ] = 3,
    parquet: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help=t("cli.insight.table.parquet"), show_default=False),
    ] = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Print a table of the network."""
    from shared_models.clock import utc_now
    from sync_server.insight import service, service_tables
    from sync_server.insight.tables_all import TABLES

    if name not in TABLES:
        raise typer.BadParameter(_NAMES, param_hint="name")
    with figures(data) as (session, scope):
        found = service_tables.table(
            session,
            scope,
            name,
            filter_of(session, dealer, region, item),
            survey=survey,
            month=month,
            count=count,
            today=service.business_day(utc_now),
            source=source_of(source),
        )
    if parquet is not None:
        import polars as pl

        ensure_writable(parquet.resolve().parent)
        pl.DataFrame(list(found.rows), infer_schema_length=None).write_parquet(parquet, compression="zstd")
    rows = [[_shown(row[column]) for column in found.columns] for row in found.rows]
    right = [
        place
        for place, column in enumerate(found.columns)
        if any(isinstance(row[column], int | float) for row in found.rows)
    ]
    says, cannot = found.explained[LANGUAGE]

    def human() -> None:
        table(found.columns, rows, right=right)
        print(says, cannot, sep="\n")

    show(found.model_dump(mode="json"), as_json, human)


def _shown(value: str | int | float | bool | None) -> object:
    if isinstance(value, bool):
        return t("cli.yes" if value else "cli.no")
    return f"{value:g}" if isinstance(value, float) else value


def close(
    month: ClosedMonth,
    data: Data = None,
) -> None:
    """Compute a closed month and keep its result."""
    from shared_models.clock import utc_now
    from sync_server.insight.calendar import is_final
    from sync_server.insight.figures import close_month
    from sync_server.insight.service import business_day

    if not is_final(month, business_day(utc_now)):
        raise typer.BadParameter(t("cli.insight.close.open", month=month), param_hint="month")
    with open_database(settings_for(data)) as database, database.write(journal=False) as session:
        revision = close_month(session, month)
    print(t("cli.insight.close.done", month=month, revision=revision))


def results(data: Data = None, as_json: AsJson = False) -> None:
    """Results of closed months."""
    from sync_server.insight.results import results_of

    names = ("month", "revision", "data_cut", "method_version", "computed_at", "cells", "listed", "sha256")
    with figures(data) as (session, _):
        found = [{name: getattr(row, name) for name in names} for row in results_of(session)]
    rows = [[row[name] for name in names] for row in found]
    show(found, as_json, lambda: table(names, rows, right=(1, 2, 3, 5, 6)))


def reproduce(
    month: ClosedMonth,
    revision: Annotated[
        int | None, typer.Option(metavar="N", help=t("cli.insight.reproduce.revision"), show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", dir_okay=False, help=t("cli.insight.table.parquet"), show_default=False),
    ] = None,
    data: Data = None,
) -> None:
    """Compute a stored result again from its data cut and parameters, and compare the bytes."""
    from sync_server.insight.figures import reproduce as again
    from sync_server.insight.results import result_of

    with figures(data) as (session, _):
        stored = result_of(session, month, revision)
        if stored is None:
            raise Problem(Code.NOT_FOUND)
        found = again(session, stored)
    if out is not None:
        ensure_writable(out.resolve().parent)
        found.cells.write_parquet(out, compression="zstd")
    same = found.sha256 == stored.sha256
    key = "cli.insight.reproduce.same" if same else "cli.insight.reproduce.differs"
    print(t(key, month=month, revision=stored.revision, cut=stored.data_cut, sha256=found.sha256))
    if not same:
        raise typer.Exit(1)

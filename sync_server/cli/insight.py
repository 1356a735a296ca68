"""revisit insight: the figures behind the screens."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shared_models.problems import Code, Problem
from sync_server.cli.language import t
from sync_server.cli.options import AsJson, Data, month_given
from sync_server.cli.output import show, table
from sync_server.cli.site import open_database, operator, settings_for

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from shared_models.checklists.stages import Source
    from sync_server.insight.service import Filter
    from sync_server.people.scope import Scope

DealerCode = Annotated[
    str | None, typer.Option("--dealer", metavar="CODE", help=t("cli.insight.dealer"), show_default=False)
]
RegionName = Annotated[
    str | None, typer.Option("--region", metavar="REGION", help=t("cli.insight.region"), show_default=False)
]
ItemCode = Annotated[
    str | None, typer.Option("--item", metavar="CODE", help=t("cli.insight.item"), show_default=False)
]
SourceCode = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="phone|shop|callback|inspection|audit",
        help=t("cli.insight.source"),
        show_default=False,
    ),
]
Month = Annotated[
    str | None,
    typer.Option(metavar="YYYY-MM", callback=month_given, help=t("cli.insight.month"), show_default=False),
]


@contextmanager
def figures(data: Path | None) -> Generator[tuple[Session, Scope]]:
    """A reading session and the operator's scope."""
    from sync_server.people.scope import resolve

    with open_database(settings_for(data)) as database, database.read() as session:
        yield session, resolve(session, operator())


def filter_of(session: Session, dealer: str | None, region: str | None, item: str | None = None) -> Filter:
    """Codes to ids; NOT_FOUND for a code that nobody has."""
    from sqlalchemy import select

    from shared_models.checklists.tables import Item
    from shared_models.columns import sql_table
    from shared_models.people.tables import Dealer
    from sync_server.insight.service import Filter
    from sync_server.plans.repository import region_of_code

    def by_code(table_of: type[Dealer] | type[Item], code: str | None) -> str | None:
        if code is None:
            return None
        columns = sql_table(table_of).c
        return _found(session.execute(select(columns.id).where(columns.code == code)).scalar_one_or_none())

    return Filter(
        dealer_id=by_code(Dealer, dealer),
        region_id=None if region is None else _found(region_of_code(session, region)),
        item_id=by_code(Item, item),
    )


def _found(row_id: str | None) -> str:
    if row_id is None:
        raise Problem(Code.NOT_FOUND)
    return row_id


def source_of(code: str | None) -> Source | None:
    """A source by its code; BadParameter for one that does not exist."""
    from shared_models.checklists.stages import Source

    if code is None:
        return None
    if code not in {one.value for one in Source}:
        raise typer.BadParameter(", ".join(one.value for one in Source), param_hint="--source")
    return Source(code)


def months(
    dealer: DealerCode = None, region: RegionName = None, data: Data = None, as_json: AsJson = False
) -> None:
    """Months that have observations."""
    from shared_models.clock import utc_now
    from sync_server.insight import service

    with figures(data) as (session, scope):
        found = service.months(
            session, scope, filter_of(session, dealer, region), service.business_day(utc_now)
        )
    names = ("month", "final", "observations", "dealers", "items", "sources")

    def human() -> None:
        rows = [
            (
                one.month,
                t("cli.yes" if one.final else "cli.no"),
                one.observations,
                one.dealers,
                one.items,
                " · ".join(f"{t(f'checklists.source.{s.value}')} {n}" for s, n in one.by_source.items()),
            )
            for one in found.months
        ]
        table([t(f"cli.insight.column.{name}") for name in names], rows, right=(2, 3, 4))

    show(found.model_dump(mode="json"), as_json, human)


def rates(
    dealer: DealerCode = None,
    region: RegionName = None,
    item: ItemCode = None,
    month: Month = None,
    count: Annotated[
        int, typer.Option("--months", min=1, max=36, metavar="N", help=t("cli.insight.count"))
    ] = 3,
    source: SourceCode = None,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Execution rates per item and month, with 95 % intervals."""
    from sync_server.insight import service

    wanted = source_of(source)
    with figures(data) as (session, scope):
        chosen = filter_of(session, dealer, region, item)
        found = service.rates(session, scope, chosen, month=month, count=count, source=wanted)
    names = ("item", "month", "source", "rate", "interval", "n")

    def human() -> None:
        rows = [
            (
                cell.item_code,
                cell.month,
                t(f"checklists.source.{cell.source.value}") if cell.source else t("cli.insight.merged"),
                t("cli.insight.too_few") if cell.small or cell.rate is None else f"{cell.rate:.2f}",
                "—" if cell.low is None or cell.high is None else f"{cell.low:.2f}–{cell.high:.2f}",
                f"{cell.applicable:g}",
            )
            for cell in found.cells
        ]
        table([t(f"cli.insight.column.{name}") for name in names], rows, right=(3, 4, 5))

    show(found.model_dump(mode="json"), as_json, human)


def weak(
    dealer: DealerCode = None,
    region: RegionName = None,
    month: Month = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help=t("cli.insight.limit"))] = 30,
    data: Data = None,
    as_json: AsJson = False,
) -> None:
    """Weak items with their reasons, most urgent first."""
    from shared_models.clock import utc_now
    from shared_models.insight.words import reason_text
    from sync_server.insight import service

    with figures(data) as (session, scope):
        found = service.weak_items(
            session,
            scope,
            filter_of(session, dealer, region),
            today=service.business_day(utc_now),
            month=month,
            limit=limit,
        )
    names = ("priority", "dealer", "item", "rate", "n", "target", "reasons")

    def human() -> None:
        rows = [
            (
                f"{one.priority:.1f}",
                f"{one.dealer_code} {one.dealer_name if t.is_chinese else one.dealer_name_en}",
                one.item_short if t.is_chinese else one.item_short_en,
                f"{one.merged.rate:.2f}" if one.merged.rate is not None else "—",
                f"{one.merged.applicable:g}",
                f"{one.target:g}",
                "; ".join(reason_text(reason, t) for reason in one.all_reasons),
            )
            for one in found.items
        ]
        table([t(f"cli.insight.column.{name}") for name in names], rows, right=(0, 3, 4, 5))
        print(t("cli.insight.total", shown=len(found.items), total=found.total, month=found.month or "—"))

    show(found.model_dump(mode="json"), as_json, human)

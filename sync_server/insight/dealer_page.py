"""One dealer's page: every item with what the month engine says of it."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from shared_models.checklists.stages import Stage
from shared_models.insight.wire_engine import DealerFigure, DealerPage
from shared_models.problems import Code, Problem
from sync_server.insight import frames as pl
from sync_server.insight import repository, service
from sync_server.insight.calendar import is_final
from sync_server.insight.figures import figures_of
from sync_server.insight.network_month import NetworkMonth
from sync_server.insight.rates import rounded_percent
from sync_server.insight.weak_list import Cell, decline_signs, fused_rate, level_of, management_score
from sync_server.people.scope import Scope


def dealer_page(
    session: Session, scope: Scope, dealer_id: str, *, month: str | None, today: date
) -> DealerPage:
    """The items of a dealer that have any answer in the window, most urgent first.

    OUT_OF_SCOPE for another's dealer, NOT_FOUND where the scope has no figures at all.
    """
    dealers = service.dealer_ids(session, scope, service.Filter(dealer_id=dealer_id))
    if month is None:
        known = [row.month for row in repository.months_by_source(session, scope, dealers)]
        month = service.default_month(known, today)
    if not month:
        raise Problem(Code.NOT_FOUND)
    figures = figures_of(session).month(session, month)
    parameters = service.wire_parameters(figures)
    items = repository.items(session)
    mine = figures.cells.filter(pl.col("dealer") == dealer_id)
    rows = mine.sort(["priority", "item"], descending=[True, False]).to_dicts()
    return DealerPage(
        dealer_id=dealer_id,
        month=month,
        final=is_final(month, today),
        data_cut=figures.data_cut,
        parameters=parameters,
        inflation=_inflation(figures, dealer_id),
        figures=tuple(_figure(figures, row, items[row["item"]]) for row in rows),
    )


def _figure(figures: NetworkMonth, cell: Cell, item: Any) -> DealerFigure:
    weak = cell["listed"] or cell["confirmed"] or cell["deck"] or cell["warning"] is not None
    return DealerFigure(
        item_id=item.id,
        item_code=item.code,
        item_name=item.name,
        item_name_en=item.name_en,
        stage=Stage(item.stage),
        target=rounded_percent(cell["target"]),
        fused=fused_rate(figures, cell),
        decline=decline_signs(figures, cell),
        priority=round(cell["priority"], 1),
        level=level_of(cell) if weak else "",
        management_score=management_score(figures, cell),
    )


def _inflation(figures: NetworkMonth, dealer_id: str) -> float | None:
    found = figures.dealers.filter(pl.col("dealer") == dealer_id)["inflation"].to_list()
    if not found or math.isnan(found[0]):
        return None
    return math.copysign(rounded_percent(abs(found[0])), found[0])

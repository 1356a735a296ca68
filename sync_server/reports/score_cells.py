"""Cells that scorecard and regional summary share."""

from __future__ import annotations

from datetime import datetime

from shared_models.insight.wire import RateCell
from shared_models.reports import Overall
from sync_server.reports.grid import Cell
from sync_server.reports.lexicon import Lexicon, minute
from sync_server.reports.page import Running
from sync_server.reports.plan_cells import rate_cell
from sync_server.reports.plan_report import Rate


def rate_of(cell: RateCell | Overall | None) -> Rate | None:
    """A rate as paper draws it; None where nothing applied."""
    if cell is None or cell.rate is None:
        return None
    return Rate(cell.rate, cell.low, cell.high, cell.applicable)


def cell_of(cell: RateCell | Overall | None, t: Lexicon) -> Cell:
    """A rate with its interval and n."""
    return rate_cell(rate_of(cell), t)


def running(t: Lexicon, document: str, name: str, month: str, made_at: datetime) -> Running:
    """What stands on every page of a report of a month."""
    return Running(
        head_left=f"{document}  {month}",
        head_right=name,
        foot_left=t.line("reports.page.generated", at=minute(made_at)),
        page_words=lambda page, pages: t.line("reports.page.of", page=page, pages=pages),
        title=f"{document} {name} {month}",
        author="",
        subject=name,
        language=t.tag,
    )

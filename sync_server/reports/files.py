"""Reports as files: drawn without the database, named so that a folder of them sorts itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote
from zoneinfo import ZoneInfo

from shared_models.appeals.wire import Result
from shared_models.insight.wire_engine import NetworkTable
from shared_models.reports import RegionSummary, ReportDealer, Scorecard
from sync_server.plans.service import ZONE
from sync_server.reports.plan_report import Language


class Format(StrEnum):
    """Kinds of files."""

    PDF = "pdf"
    XLSX = "xlsx"


MEDIA = {
    Format.PDF: "application/pdf",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class ReportFile:
    """A drawn report."""

    name: str
    media_type: str
    data: bytes

    @property
    def headers(self) -> dict[str, str]:
        """Headers with which it is handed out; it is nobody else's and no cache may keep it."""
        return {
            "Content-Disposition": f"inline; filename=\"{self.name}\"; filename*=UTF-8''{quote(self.name)}",
            "Cache-Control": "private, no-store",
        }


def _file(stem: str, language: Language, kind: Format, data: bytes) -> ReportFile:
    safe = re.sub(r"[^A-Za-z0-9._-]+", "_", stem)
    return ReportFile(f"{safe}-{language}.{kind.value}", MEDIA[kind], data)


# the drawing is imported where a file is wanted: font and workbooks cost memory that others need not pay


def scorecard_file(card: Scorecard, language: Language, kind: Format, *, now: datetime) -> ReportFile:
    """The dealer scorecard."""
    if kind is Format.PDF:
        from sync_server.reports.scorecard_pdf import scorecard_pdf

        data = scorecard_pdf(card, language, made_at=now.astimezone(ZoneInfo(ZONE)))
    else:
        from sync_server.reports.scorecard_xlsx import scorecard_xlsx

        data = scorecard_xlsx(card, language)
    return _file(f"scorecard-{card.dealer.code}-{card.month}", language, kind, data)


def region_file(
    summary: RegionSummary,
    language: Language,
    kind: Format,
    *,
    now: datetime,
    funnels: Sequence[NetworkTable] = (),
) -> ReportFile:
    """The regional summary; ``funnels`` are drawn in the PDF."""
    if kind is Format.PDF:
        from sync_server.reports.region_pdf import region_pdf

        data = region_pdf(summary, language, made_at=now.astimezone(ZoneInfo(ZONE)), funnels=funnels)
    else:
        from sync_server.reports.region_xlsx import region_xlsx

        data = region_xlsx(summary, language)
    place = summary.region_en or summary.region or "all"
    return _file(f"region-{place}-{summary.month}", language, kind, data)


def visit_file(
    result: Result, dealer: ReportDealer, language: Language, kind: Format, *, now: datetime
) -> ReportFile:
    """The visit report, without anything that tells who the visitor was."""
    if kind is Format.PDF:
        from sync_server.reports.visit_pdf import visit_pdf

        data = visit_pdf(result, dealer, language, made_at=now.astimezone(ZoneInfo(ZONE)))
    else:
        from sync_server.reports.visit_xlsx import visit_xlsx

        data = visit_xlsx(result, dealer, language)
    return _file(f"visit-{dealer.code}-{result.day or ''}-{result.visit_id[-6:]}", language, kind, data)

"""HTTP of reports: figures as JSON, and the same figures as PDF and XLSX, within the caller's scope."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from shared_models.clock import to_text
from shared_models.people.access import Role
from shared_models.problems import Code, Problem
from shared_models.reports import (
    Freshness,
    RegionSummary,
    ReportSchedule,
    Scorecard,
    Standing,
    StoredReport,
    StoredReports,
)
from sync_server.appeals import service as appeals
from sync_server.insight.calendar import MONTH
from sync_server.insight.service import business_day
from sync_server.people.session import Caller
from sync_server.plans import repository as plans
from sync_server.problems import may_fail
from sync_server.reports import Language, figures, monthly
from sync_server.reports import monthly_repository as monthly_files
from sync_server.reports.files import MEDIA, Format, ReportFile, region_file, scorecard_file, visit_file
from sync_server.reports.funnels import funnels
from sync_server.reports.importance import importance as weights_of
from sync_server.reports.standing import standing

router = APIRouter(
    prefix="/reports",
    tags=["reports"],
    responses=may_fail(
        Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED, Code.OUT_OF_SCOPE, Code.NOT_FOUND
    ),
)

Month = Annotated[str | None, Query(pattern=MONTH, description="YYYY-MM; none: the newest closed one")]
Compared = Annotated[
    str | None, Query(pattern=MONTH, description="YYYY-MM, the month of comparison; none: the one before")
]
Dealer = Annotated[str, Query(max_length=36)]
Region = Annotated[str | None, Query(max_length=36, description="none: the whole scope")]
Kind = Annotated[Format, Query(alias="format")]
InLanguage = Annotated[
    Language | None, Query(description="zh, en or both; the caller's language if left out")
]
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in MEDIA.values()}, "description": "The report"}
}


@router.get("/freshness")
def freshness(request: Request, who: Caller) -> Freshness:
    """How old the newest observation of each dealer is, the stalest first."""
    with request.app.state.db.read() as session:
        return figures.freshness(session, who.access, today=business_day(request.app.state.now))


@router.get("/scorecard")
def scorecard(request: Request, who: Caller, dealer_id: Dealer, month: Month = None) -> Scorecard:
    """One dealer: rates of its items, weak items, plans, visits."""
    with request.app.state.db.read() as session:
        today = business_day(request.app.state.now)
        found = figures.collect(session, who.access, today=today, month=month, dealer_id=dealer_id)
        return figures.scorecard(found, dealer_id)


@router.get("/scorecard/file", response_class=Response, responses=_FILE)
def scorecard_as_file(
    request: Request,
    who: Caller,
    dealer_id: Dealer,
    month: Month = None,
    kind: Kind = Format.PDF,
    language: InLanguage = None,
) -> Response:
    """The scorecard as PDF or XLSX."""
    card = scorecard(request, who, dealer_id, month)
    return _sent(scorecard_file(card, _language(who, language), kind, now=request.app.state.now()))


@router.get("/region")
def region(
    request: Request,
    who: Caller,
    region_id: Region = None,
    month: Month = None,
    compare: Compared = None,
    importance: Annotated[bool, Query(description="with what each item weighs")] = False,
) -> RegionSummary:
    """Dealers of a region, or of the whole scope, side by side."""
    figures.need_desk(who.access)
    with request.app.state.db.read() as session:
        today = business_day(request.app.state.now)
        found = figures.collect(
            session, who.access, today=today, month=month, region_id=region_id, compare=compare, history=1
        )
        return figures.summary(found, weights_of(session, found.month) if importance else None)


@router.get("/standing")
def standing_of(
    request: Request,
    who: Caller,
    region_id: Region = None,
    month: Month = None,
    compare: Compared = None,
) -> Standing:
    """Where the whole scope, or a region of it, stands and what changed against another month."""
    figures.need_desk(who.access)
    with request.app.state.db.read() as session:
        today = business_day(request.app.state.now)
        return standing(session, who.access, today=today, month=month, region_id=region_id, compare=compare)


@router.get("/region/file", response_class=Response, responses=_FILE)
def region_as_file(
    request: Request,
    who: Caller,
    region_id: Region = None,
    month: Month = None,
    compare: Compared = None,
    kind: Kind = Format.PDF,
    language: InLanguage = None,
) -> Response:
    """The regional summary as PDF or XLSX."""
    made = region(request, who, region_id, month, compare)
    now = request.app.state.now
    with request.app.state.db.read() as session:
        drawn = funnels(
            session, who.access, today=business_day(now), month=made.month, region_id=region_id
        ) if kind is Format.PDF else ()  # fmt: skip
    return _sent(region_file(made, _language(who, language), kind, now=now(), funnels=drawn))


@router.get("/files")
def stored_reports(request: Request, who: Caller) -> StoredReports:
    """Monthly reports that lie ready, of the caller's regions and dealers, and when they are made."""
    if not who.access.has(*monthly_files.READERS):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.read() as session:
        found = [_stored(row) for row in monthly_files.files(session, who.access)]
        return StoredReports(
            schedule=monthly_files.schedule(session),
            may_change=who.access.whole_company(Role.HQ),
            files=tuple(found),
        )


@router.get("/files/{report_id}", response_class=Response, responses=_FILE)
def stored_report(request: Request, who: Caller, report_id: str) -> Response:
    """One of them."""
    with request.app.state.db.read() as session:
        row = monthly_files.file(session, who.access, report_id)
    if row is None or not request.app.state.blobs.has(row["sha256"]):
        raise Problem(Code.NOT_FOUND, {"what": "report"})
    data = b"".join(request.app.state.blobs.read(row["sha256"], 0, row["size"]))
    return _sent(ReportFile(row["name"], MEDIA[Format(row["format"])], data))


@router.put("/schedule")
def set_schedule(request: Request, who: Caller, given: ReportSchedule) -> ReportSchedule:
    """When monthly reports are made; by headquarters."""
    with request.app.state.db.write(journal=False) as session:
        monthly.change_schedule(session, who.access, given, now=request.app.state.now())
    return given


def _stored(row: dict[str, Any]) -> StoredReport:
    part = "dealer" if row["kind"] == "scorecard" else "region"
    return StoredReport(
        id=row["id"],
        month=row["month"],
        kind=row["kind"],
        place=row[f"{part}_name"] or "",
        place_en=row[f"{part}_name_en"] or "",
        code=(row["code"] if part == "dealer" else row["region_code"]) or "",
        format=row["format"],
        name=row["name"],
        size=row["size"],
        made_at=to_text(row["made_at"]),
    )


@router.get("/visit/{visit_id}/file", response_class=Response, responses=_FILE)
def visit_as_file(
    request: Request, who: Caller, visit_id: str, kind: Kind = Format.PDF, language: InLanguage = None
) -> Response:
    """An accepted visit as its dealer may read it, as PDF or XLSX."""
    with request.app.state.db.read() as session:
        result = appeals.result(session, who.access, visit_id)
        dealer = figures.dealer_of(plans.dealer_of(session, result.dealer_id) or {})
    return _sent(visit_file(result, dealer, _language(who, language), kind, now=request.app.state.now()))


def _language(who: Caller, wanted: Language | None) -> Language:
    return wanted or ("en" if who.language.startswith("en") else "zh")


def _sent(made: ReportFile) -> Response:
    return Response(made.data, media_type=made.media_type, headers=made.headers)

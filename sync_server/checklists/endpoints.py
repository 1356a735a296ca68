"""HTTP of checklists: versions, XLSForm in and out, drafts, publication. Writing is for headquarters."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import BaseModel, ValidationError

from shared_models.checklists.document import TemplateDocument
from shared_models.checklists.stages import Source
from shared_models.people.access import DESK_ROLES, Role
from shared_models.problems import Code, Place, Problem
from sync_server.checklists import authoring
from sync_server.people.session import Caller, Headquarters
from sync_server.problems import may_fail

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
router = APIRouter(
    prefix="/checklists",
    tags=["checklists"],
    responses=may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED),
)


class VersionLine(BaseModel):
    """A version of a checklist; number 0 is the draft."""

    id: str
    code: str
    number: int
    status: str
    title: str
    title_en: str
    source: str
    retired: bool
    published_at: datetime | None
    sha256: str


class VersionDocument(VersionLine):
    """A version with its whole document."""

    document: dict[str, Any]


class FindingLine(BaseModel):
    """Something that the other format cannot say: where, which word of ``checklists.xlsform``, the value."""

    at: str
    what: str
    value: str


class Drafted(BaseModel):
    """A draft that was written."""

    id: str
    code: str
    findings: list[FindingLine] = []
    sha256: str = ""
    """Of the document as it was stored; the next one is saved over this."""


class Published(BaseModel):
    """A version that was published."""

    id: str
    number: int


class DifferenceLine(BaseModel):
    """A difference between two versions."""

    kind: str
    part: str
    where: str
    field: str
    before: Any = None
    after: Any = None


@router.get("")
def versions(who: Caller, request: Request, code: str | None = None) -> list[VersionLine]:
    """All versions of all checklists (or of one), for desks."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.read() as session:
        return [VersionLine(**line) for line in authoring.versions(session, code)]


@router.post("/xlsform", status_code=201, responses=may_fail(Code.CHECKLIST_INVALID, Code.FILE_UNREADABLE))
def import_xlsform(
    _who: Headquarters,
    request: Request,
    file: Annotated[UploadFile, File(description="XLSForm workbook (.xlsx)")],
    code: Annotated[str | None, Form(description="template, instead of the form's own id")] = None,
    source: Annotated[Source, Form(description="where the workbook names none")] = Source.SHOP,
) -> Drafted:
    """A workbook as the draft of its checklist; what a checklist cannot say is listed."""
    data = file.file.read()
    with request.app.state.db.write() as session:
        made = authoring.import_xlsform(session, data, code=code, source=source)
    findings = [FindingLine(at=one.at, what=one.what, value=one.value) for one in made.findings]
    return Drafted(id=made.version_id, code=made.template, findings=findings)


@router.get(
    "/versions/{version_id}/xlsform",
    responses={200: {"content": {XLSX: {}}}, **may_fail(Code.NOT_FOUND)},
    response_class=Response,
)
def export_xlsform(version_id: str, who: Caller, request: Request) -> Response:
    """A version as an XLSForm workbook."""
    from sync_server.checklists.xlsform import write_xlsform  # workbooks are rare, and their writer is large

    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.read() as session:
        document = authoring.read_version(session, version_id)
    made = write_xlsform(document)
    name = f'attachment; filename="{document.code}.xlsx"'
    return Response(made.data, media_type=XLSX, headers={"Content-Disposition": name})


@router.get("/versions/{version_id}", responses=may_fail(Code.NOT_FOUND))
def read_version(version_id: str, who: Caller, request: Request) -> VersionDocument:
    """A version with its document; drafts are for headquarters."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.read() as session:
        document = authoring.read_version(session, version_id)
        lines = authoring.versions(session, document.code)
    line = next(one for one in lines if one["id"] == version_id)
    if line["status"] == "draft" and not who.access.has(Role.HQ):
        raise Problem(Code.NOT_ALLOWED)
    return VersionDocument(**line, document=document.to_json())


@router.put("/drafts", responses=may_fail(Code.CHECKLIST_INVALID, Code.CONFLICT))
def save_draft(
    body: dict[str, Any],
    _who: Headquarters,
    request: Request,
    over: Annotated[
        str | None, Query(max_length=64, description="SHA-256 of the draft it is based on; empty: none")
    ] = None,
) -> Drafted:
    """A whole document (docs/checklists.md) as the draft of the template that its code names.

    With ``over`` a draft that somebody else has written meanwhile is not overwritten.
    """
    try:
        document = TemplateDocument.model_validate(body)
    except ValidationError as error:
        places = [
            Place(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors(include_url=False)
        ]
        raise Problem(Code.CHECKLIST_INVALID, {"count": len(places)}, places) from None
    with request.app.state.db.write() as session:
        version_id = authoring.save_draft(session, document, over=over)
        sha256 = authoring.draft_sha256(session, document.code)
    return Drafted(id=version_id, code=document.code, sha256=sha256)


@router.delete("/drafts/{code}", status_code=204, responses=may_fail(Code.NOT_FOUND))
def discard_draft(code: str, _who: Headquarters, request: Request) -> None:
    """Throw the draft of a checklist away; its published versions stay."""
    with request.app.state.db.write() as session:
        authoring.discard_draft(session, code)


@router.post(
    "/{code}/publish",
    status_code=201,
    responses=may_fail(Code.NOT_FOUND, Code.CHECKLIST_INVALID, Code.CHECKLIST_UNTRANSLATED),
)
def publish(code: str, _who: Headquarters, request: Request, untranslated: bool = False) -> Published:
    """The draft becomes the next version; visits that have begun keep theirs. With ``untranslated`` also
    where a text stands in one language for both."""
    now = request.app.state.now()
    with request.app.state.db.write() as session:
        made = authoring.publish_draft(session, code, now=now, untranslated_too=untranslated)
    version_id, number = made
    return Published(id=version_id, number=number)


@router.post("/{code}/retire", status_code=204, responses=may_fail(Code.NOT_FOUND))
def retire(code: str, _who: Headquarters, request: Request, back: bool = False) -> None:
    """Offer a checklist for new visits no more (``back``: again)."""
    with request.app.state.db.write() as session:
        authoring.retire(session, code, retired=not back)


@router.get("/differences", responses=may_fail(Code.NOT_FOUND))
def difference(
    who: Caller,
    request: Request,
    old: Annotated[str, Query(max_length=36, description="version id")],
    new: Annotated[str, Query(max_length=36, description="version id")],
) -> list[DifferenceLine]:
    """What differs between two versions, question by question."""
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.read() as session:
        return [DifferenceLine(**one.__dict__) for one in authoring.compare(session, old, new)]

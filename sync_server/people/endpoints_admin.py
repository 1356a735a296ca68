"""Routes of the administration: lists, a person's sign-ins, maintainers, invitations, bulk import."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Form, Query, Request, Response, UploadFile
from pydantic import BaseModel, Field

from shared_models.clock import to_text
from shared_models.people.access import DESK_ROLES, Role
from shared_models.people.admin_wire import (
    BulkReport,
    DealerList,
    InvitationOut,
    PersonDetail,
    PersonList,
    RedeemRequest,
    Sheet,
)
from shared_models.people.wire import GrantOut, PersonOut, SignedInResponse
from shared_models.problems import Code, Problem
from sync_server.audit.recording import By
from sync_server.people import accounts, bulk, dealers, invitations, lists, mailing, repository, service
from sync_server.people.invitations import Invited
from sync_server.people.lists import Found, State
from sync_server.people.scope import resolve
from sync_server.people.session import Caller, Headquarters, SignedIn
from sync_server.people.terms import today_of
from sync_server.problems import may_fail

router = APIRouter(tags=["people"])
_SIGNED = may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED)
_HQ = _SIGNED | may_fail(Code.NOT_FOUND, Code.CONFLICT)
_FILE = _HQ | may_fail(Code.FILE_UNREADABLE, Code.COLUMN_MISSING, Code.TOO_LARGE)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_Id = Annotated[str, Query(max_length=36)]


def _found(
    text: Annotated[str, Query(max_length=100)] = "",
    state: State = "active",
    region_id: _Id = "",
    dealer_id: _Id = "",
    role: Annotated[Role | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> Found:
    return Found(text, state, region_id, dealer_id, role.value if role else "", limit, offset)


Wanted = Annotated[Found, Depends(_found)]


def _desk(who: SignedIn) -> None:
    if not who.access.has(*DESK_ROLES):
        raise Problem(Code.NOT_ALLOWED)


@router.get("/people/list", responses=_SIGNED)
def people_list(who: Caller, request: Request, wanted: Wanted) -> PersonList:
    """People of a desk's scope; logins and invitations for headquarters only."""
    _desk(who)
    state = request.app.state
    with state.db.read() as session:
        full = who.access.whole_company(Role.HQ)
        return lists.people(session, resolve(session, who.access), wanted, state.now(), full=full)


@router.get("/people/dealers", responses=_SIGNED)
def dealer_list(who: Caller, request: Request, wanted: Wanted) -> DealerList:
    """Dealers of a desk's scope with their data maintainer and the newest day of each source."""
    _desk(who)
    state = request.app.state
    with state.db.read() as session:
        return lists.dealers(session, resolve(session, who.access), wanted, today_of(state.now()))


class Keeper(BaseModel):
    """Who keeps a dealer's data up to date; none: nobody is named."""

    person_id: str | None = Field(default=None, max_length=36)


@router.put("/people/dealers/{dealer_id}/maintainer", status_code=204, responses=_HQ)
def put_maintainer(dealer_id: str, body: Keeper, who: Caller, request: Request) -> Response:
    """Name a dealer's data maintainer: headquarters, or a manager within the own scope."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        scope = resolve(session, who.access)
        if not scope.everything and dealer_id not in scope.desk_dealers:
            raise Problem(Code.NOT_FOUND)
        dealers.set_maintainer(session, By(who.person_id, state.now()), dealer_id, body.person_id)
    return Response(status_code=204)


@router.get("/people/persons/{person_id}", responses=_HQ)
def person(person_id: str, who: Headquarters, request: Request) -> PersonDetail:
    """A person with mail address, grants with their days, and sign-ins."""
    state = request.app.state
    with state.db.read() as session:
        found = lists.person_detail(session, person_id, state.now(), session_id=who.session_id)
    if found is None:
        raise Problem(Code.NOT_FOUND)
    return found


@router.delete("/people/persons/{person_id}/sessions", status_code=204, responses=_HQ)
def end_sign_ins(person_id: str, who: Headquarters, request: Request, session_id: _Id = "") -> Response:
    """End a person's sign-ins, one or all (a lost tablet, somebody who left)."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        by = By(who.person_id, state.now())
        if not accounts.end_sign_ins(session, by, person_id, only=session_id or None) and session_id:
            raise Problem(Code.NOT_FOUND)
    return Response(status_code=204)


@router.post("/people/persons/{person_id}/invitation", responses=_HQ | may_fail(Code.PERSON_INACTIVE))
def invite(person_id: str, who: Headquarters, request: Request) -> InvitationOut:
    """A new one-time code for a person, told this once; mailed too where the server can."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        made = invitations.invite(session, person_id, By(who.person_id, state.now()))
    return _mailed(request, [made])[0]


@router.delete("/people/persons/{person_id}/invitation", status_code=204, responses=_HQ)
def withdraw_invitation(person_id: str, who: Headquarters, request: Request) -> Response:
    """Take an open invitation back."""
    del who
    with request.app.state.db.write(journal=False) as session:
        invitations.forget(session, person_id)
    return Response(status_code=204)


def _mailed(request: Request, made: list[Invited]) -> list[InvitationOut]:
    """Mail what can be mailed, after the codes are stored; a mail that fails leaves the code valid."""
    state = request.app.state
    sent = mailing.send_invitations(
        state.settings, made, server=state.settings.public_url or str(request.base_url)
    )
    if sent:
        with state.db.write(journal=False) as session:
            for person_id in sent:
                invitations.mark_mailed(session, person_id, state.now())
    return [one.out(mailed=one.person_id in sent) for one in made]


@router.post(
    "/session/invitation",
    responses=may_fail(Code.INVITATION_INVALID, Code.PASSWORD_TOO_SHORT, Code.TOO_MANY_ATTEMPTS),
)
def redeem(body: RedeemRequest, request: Request) -> SignedInResponse:
    """Redeem an invitation: set the password and sign in. Guesses slow down as those of passwords do."""
    state = request.app.state
    now, login = state.now(), service.fold(body.login)
    address = request.client.host if request.client else ""
    hashed = service.checked_password(body.password)
    with state.db.write(journal=False) as session:
        service.refuse_if_blocked(session, login=login, address=address, now=now)
        found = invitations.person_of(session, login, body.code, now)
        if found is None or not found["active"]:
            service.note_failure(session, login=login, address=address, now=now, limits=state.limits)
            me = None
        else:
            person_id = found["person_id"]
            invitations.redeem(session, person_id, hashed, now)
            made = service.open_session(
                session,
                person_id,
                now=now,
                days=state.settings.token_days,
                device_name=body.device_name,
                client=request.headers.get("x-revisit-client", ""),
                address=address,
                login=login,
                limits=state.limits,
            )
            line = repository.person_row(session, person_id)
            assert line is not None
            grants = [GrantOut(**one) for one in repository.grants_of(session, [person_id])]
            me = SignedInResponse(
                person=PersonOut(**line),
                grants=grants,
                token=made.token,
                expires_at=to_text(made.expires_at),
                session_id=made.session_id,
            )
    if me is None:
        raise Problem(Code.INVITATION_INVALID)
    return me


@router.get(
    "/people/template",
    response_class=Response,
    responses={200: {"content": {_XLSX: {}}, "description": "The workbook to fill"}, **_SIGNED},
)
def template(who: Headquarters, request: Request, sheet: Sheet) -> Response:
    """The workbook for the bulk import, with explanations in the caller's language."""
    with request.app.state.db.read() as session:
        data = bulk.template(session, sheet, who.language)
    headers = {"Content-Disposition": f'attachment; filename="{sheet}.xlsx"'}
    return Response(data, media_type=_XLSX, headers=headers)


@router.post("/people/import/preview", responses=_FILE)
def import_preview(
    who: Headquarters, request: Request, file: UploadFile, sheet: Annotated[Sheet, Form()]
) -> BulkReport:
    """What a file would do, row by row; nothing is changed."""
    del who
    state = request.app.state
    with _on_disk(file, state.settings.max_upload_bytes) as path, state.db.read() as session:
        return bulk.preview(session, path, path.name, sheet, today_of(state.now()))


@router.post("/people/import/apply", responses=_FILE)
def import_apply(
    who: Headquarters,
    request: Request,
    file: UploadFile,
    sheet: Annotated[Sheet, Form()],
    invite: Annotated[bool, Form(description="invite the new people")] = False,
) -> BulkReport:
    """Take all good rows of a file; the same file again changes nothing. Codes of invitations: this once."""
    state = request.app.state
    with _on_disk(file, state.settings.max_upload_bytes) as path, state.db.write() as session:
        by = By(who.person_id, state.now())
        report, invited = bulk.apply(session, path, path.name, sheet, by, invite=invite)
    return report.model_copy(update={"invitations": tuple(_mailed(request, invited))})


class Invite(BaseModel):
    """Whom to invite."""

    person_ids: list[str] = Field(min_length=1, max_length=500)


@router.post("/people/invitations", responses=_HQ | may_fail(Code.PERSON_INACTIVE))
def invite_many(who: Headquarters, request: Request, body: Annotated[Invite, Body()]) -> list[InvitationOut]:
    """New one-time codes for several persons, told this once."""
    state = request.app.state
    with state.db.write(journal=False) as session:
        by = By(who.person_id, state.now())
        made = [invitations.invite(session, person_id, by) for person_id in body.person_ids]
    return _mailed(request, made)


@contextmanager
def _on_disk(file: UploadFile, most: int) -> Generator[Path]:
    """The upload as a file of its own; TOO_LARGE above the server's limit."""
    if file.size is not None and file.size > most:
        raise Problem(Code.TOO_LARGE, {"limit": most})
    with tempfile.TemporaryDirectory(prefix="revisit-people-") as folder:
        name = PurePath(file.filename or "").name[-80:]
        path = Path(folder) / (name if name.strip(". ") else "upload")
        with path.open("wb") as target:
            shutil.copyfileobj(file.file, target)
        yield path

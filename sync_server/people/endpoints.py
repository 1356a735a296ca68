"""Routes of accounts: sign-in, who am I, sign-ins, directory; administration by headquarters."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from shared_models.clock import to_text
from shared_models.people.admin_wire import NewTerm
from shared_models.people.wire import (
    DirectoryEntry,
    GrantOut,
    PersonOut,
    SessionOut,
    SignedInResponse,
    SignInRequest,
    WhoAmI,
)
from shared_models.problems import Code, Place, Problem
from sync_server.audit.recording import By
from sync_server.people import accounts, repository, service, terms
from sync_server.people.passwords import hash_password, new_password, verify_password
from sync_server.people.schemas import (
    NewPassword,
    NewPerson,
    PasswordSet,
    PersonAccount,
    PersonChange,
    PersonPage,
)
from sync_server.people.scope import resolve
from sync_server.people.session import Caller, Headquarters
from sync_server.problems import may_fail

router = APIRouter(tags=["people"])
_SIGNED = may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED)
_HQ = _SIGNED | may_fail(Code.NOT_ALLOWED, Code.NOT_FOUND, Code.CONFLICT)


@router.post(
    "/session", responses=may_fail(Code.SIGN_IN_FAILED, Code.ACCOUNT_REVOKED, Code.TOO_MANY_ATTEMPTS)
)
def sign_in(body: SignInRequest, request: Request) -> SignedInResponse:
    """Sign in with name and password; failures slow down by login and address."""
    state = request.app.state
    now, login = state.now(), service.fold(body.login)
    address = request.client.host if request.client else ""
    with state.db.read() as session:
        service.refuse_if_blocked(session, login=login, address=address, now=now)
        found = repository.credential_of_login(session, login)
    if not verify_password(found["password_hash"] if found else None, body.password) or found is None:
        with state.db.write(journal=False) as session:
            service.note_failure(session, login=login, address=address, now=now, limits=state.limits)
        raise Problem(Code.SIGN_IN_FAILED)
    if not found["active"]:
        raise Problem(Code.ACCOUNT_REVOKED)
    with state.db.write(journal=False) as session:
        made = service.open_session(
            session,
            found["person_id"],
            now=now,
            days=state.settings.token_days,
            device_name=body.device_name,
            client=request.headers.get("x-revisit-client", ""),
            address=address,
            login=login,
            limits=state.limits,
        )
        me = _who(session, found["person_id"])
    return SignedInResponse(
        **me, token=made.token, expires_at=to_text(made.expires_at), session_id=made.session_id
    )


@router.get("/session", responses=_SIGNED)
def who_am_i(who: Caller, request: Request) -> WhoAmI:
    """The signed-in person and all grants."""
    with request.app.state.db.read() as session:
        me = _who(session, who.person_id)
    return WhoAmI(**me, expires_at=to_text(who.expires_at), session_id=who.session_id)


@router.delete("/session", status_code=204, responses=_SIGNED)
def sign_out(who: Caller, request: Request) -> Response:
    """End this sign-in: its token is worth nothing from now on."""
    with request.app.state.db.write(journal=False) as session:
        repository.revoke_sessions(session, who.person_id, request.app.state.now(), only=who.session_id)
    return Response(status_code=204)


@router.get("/people/sessions", responses=_SIGNED)
def my_sessions(who: Caller, request: Request) -> list[SessionOut]:
    """The caller's living sign-ins, newest first."""
    with request.app.state.db.read() as session:
        lines = repository.sessions_of(session, who.person_id, request.app.state.now())
    return [
        SessionOut(
            id=line["id"],
            device_name=line["device_name"],
            client=line["client"],
            created_at=to_text(line["created_at"]),
            last_seen_at=to_text(line["last_seen_at"]),
            expires_at=to_text(line["expires_at"]),
            current=line["id"] == who.session_id,
        )
        for line in lines
    ]


@router.delete("/people/sessions/{session_id}", status_code=204, responses=_SIGNED | may_fail(Code.NOT_FOUND))
def end_session(session_id: str, who: Caller, request: Request) -> Response:
    """End one of the caller's own sign-ins (a lost tablet)."""
    with request.app.state.db.write(journal=False) as session:
        ended = repository.revoke_sessions(session, who.person_id, request.app.state.now(), only=session_id)
        if not ended:
            raise Problem(Code.NOT_FOUND)
    return Response(status_code=204)


@router.get("/people/directory", responses=_SIGNED | may_fail(Code.OUT_OF_SCOPE, Code.NOT_FOUND))
def directory(dealer_id: str, who: Caller, request: Request) -> list[DirectoryEntry]:
    """Persons who may be owner or supervisor at a dealer of the caller's scope."""
    with request.app.state.db.read() as session:
        return service.directory(session, who.access, dealer_id)


@router.get("/people/persons", responses=_HQ)
def persons(
    who: Headquarters,
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> PersonPage:
    """All persons with login, grants and state, by name."""
    with request.app.state.db.read() as session:
        scope = resolve(session, who.access)
        lines = repository.persons_page(session, scope, limit=limit, offset=offset)
        return PersonPage(persons=_accounts(session, lines), total=repository.count_persons(session))


@router.post("/people/persons", status_code=201, responses=_HQ)
def add_person(body: NewPerson, who: Headquarters, request: Request) -> PasswordSet:
    """Make a person with account and grants."""
    made = "" if body.password or body.invite else new_password()
    hashed = accounts.NO_PASSWORD
    if not body.invite:
        hashed = service.checked_password(body.password) if body.password else hash_password(made)
    by = By(who.person_id, request.app.state.now())
    with request.app.state.db.write() as session:
        values = body.model_dump(include={"name", "language", "position", "home_dealer_id"})
        person_id = accounts.create(session, by, values, login=body.login, password_hash=hashed)
        for one in body.grants:
            terms.give(session, by, person_id, one.role, one.scope_kind, one.scope_id)
    return PasswordSet(person_id=person_id, password=made)


@router.patch("/people/persons/{person_id}", responses=_HQ)
def change_person(person_id: str, body: PersonChange, who: Headquarters, request: Request) -> PersonAccount:
    """Change a person, deactivate the account or restore it."""
    values = body.model_dump(exclude_unset=True)
    empty = [Place(name, "empty") for name in values if values[name] is None and name != "home_dealer_id"]
    if empty:
        raise Problem(Code.INVALID_REQUEST, {}, empty)
    if body.active is False and person_id == who.person_id:
        raise Problem(Code.NOT_ALLOWED)
    with request.app.state.db.write() as session:
        accounts.change(session, By(who.person_id, request.app.state.now()), person_id, values)
        line = repository.person_row(session, person_id)
        assert line is not None
        return _accounts(session, [line])[0]


@router.post("/people/persons/{person_id}/password", responses=_HQ)
def reset_password(person_id: str, body: NewPassword, who: Headquarters, request: Request) -> PasswordSet:
    """Set a new password; all sign-ins of the person end."""
    made = "" if body.password else new_password()
    hashed = service.checked_password(body.password) if body.password else hash_password(made)
    with request.app.state.db.write(journal=False) as session:
        accounts.reset_password(session, By(who.person_id, request.app.state.now()), person_id, hashed)
    return PasswordSet(person_id=person_id, password=made)


@router.post("/people/persons/{person_id}/grants", status_code=201, responses=_HQ)
def add_grant(person_id: str, body: NewTerm, who: Headquarters, request: Request) -> GrantOut:
    """Give a person a role within a scope, at once or within days."""
    by = By(who.person_id, request.app.state.now())
    with request.app.state.db.write() as session:
        grant_id = terms.give(
            session,
            by,
            person_id,
            body.role,
            body.scope_kind,
            body.scope_id,
            valid_from=body.valid_from,
            valid_until=body.valid_until,
        )
    return GrantOut(id=grant_id, role=body.role, scope_kind=body.scope_kind, scope_id=body.scope_id)


@router.delete("/people/grants/{grant_id}", status_code=204, responses=_HQ)
def withdraw_grant(grant_id: str, who: Headquarters, request: Request) -> Response:
    """Take a grant back, one that has not begun included. The last grant of headquarters stays."""
    with request.app.state.db.write() as session:
        service.keep_headquarters(session, without=grant_id)
        terms.take_back(session, By(who.person_id, request.app.state.now()), grant_id)
    return Response(status_code=204)


def _who(session: Any, person_id: str) -> dict[str, Any]:
    line = repository.person_row(session, person_id)
    assert line is not None
    grants = [GrantOut(**one) for one in repository.grants_of(session, [person_id])]
    return {"person": PersonOut(**line), "grants": grants}


def _accounts(session: Any, lines: list[dict[str, Any]]) -> list[PersonAccount]:
    ids = [line["id"] for line in lines]
    logins = repository.login_of(session, ids)
    grants: dict[str, list[GrantOut]] = {}
    for one in repository.grants_of(session, ids):
        grants.setdefault(one["person_id"], []).append(GrantOut(**one))
    return [
        PersonAccount(**line, login=logins.get(line["id"], ""), grants=grants.get(line["id"], []))
        for line in lines
    ]

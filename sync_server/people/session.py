"""The signed-in person of a request, from its bearer token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from shared_models.people.access import Access, Role
from shared_models.problems import Code, Problem
from sync_server.people import repository, service
from sync_server.problems import language_of

_bearer = HTTPBearer(auto_error=False, description="Token of POST /session")
_SEEN_EVERY = timedelta(minutes=10)
_MET_TOKENS = 50_000


@dataclass(frozen=True)
class SignedIn:
    """Who asks, with what access, in which language, from which sign-in and client build."""

    person_id: str
    access: Access
    language: str
    session_id: str
    client: str
    expires_at: datetime
    active: bool = True


def identified(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> SignedIn:
    """The person of a living token, revoked accounts included (they may still push).

    Raises SIGNED_OUT where there is no such token or it has ended.
    """
    if bearer is None:
        raise Problem(Code.SIGNED_OUT)
    now = request.app.state.now()
    client = request.headers.get("x-revisit-client", "")[:40]
    with request.app.state.db.read() as session:
        line = repository.session_of_token(session, service.token_hash(bearer.credentials))
        if line is None or line["revoked_at"] is not None or line["expires_at"] <= now:
            raise Problem(Code.SIGNED_OUT)
        access = service.access_of(session, line["person_id"])
    seen = _seen(line, client, now, request.app.state.settings.token_days)
    if seen:
        with request.app.state.db.write(journal=False) as session:
            repository.touch_session(session, line["id"], seen)
    return SignedIn(
        person_id=line["person_id"],
        access=access,
        language=language_of(request),
        session_id=line["id"],
        client=client or line["client"],
        expires_at=line["expires_at"],
        active=line["active"],
    )


def _seen(line: Mapping[str, Any], client: str, now: datetime, token_days: int) -> dict[str, Any]:
    """What to note of a sign-in that is being used; nothing where that was done a moment ago."""
    if now - line["last_seen_at"] < _SEEN_EVERY and (not client or client == line["client"]):
        return {}
    expires = now + timedelta(days=token_days)
    return {"last_seen_at": now, "client": client or line["client"], "expires_at": expires}


@dataclass(frozen=True)
class Knock:
    """Who says to be who: what of a request the sign-in is looked up by."""

    token_hash: str
    client: str
    language: str


async def knock(
    request: Request, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> Knock:
    """A request's token, to be looked up with the work itself (see :func:`admitted`).

    SIGNED_OUT where it carries none. A token that this process has not met is looked up at once too, so that
    no body is read from strangers.
    """
    return await knocking(request, bearer)


async def knocking(request: Request, bearer: HTTPAuthorizationCredentials | None) -> Knock:
    """As :func:`knock`, of credentials that were read already."""
    if bearer is None:
        raise Problem(Code.SIGNED_OUT)
    met: set[str] = request.app.state.met_tokens
    token_hash = service.token_hash(bearer.credentials)
    if token_hash not in met:
        await run_in_threadpool(identified, request, bearer)
        if len(met) >= _MET_TOKENS:
            met.clear()
        met.add(token_hash)
    client = request.headers.get("x-revisit-client", "")[:40]
    return Knock(token_hash, client, language_of(request))


async def knock_of(request: Request) -> Knock:
    """As :func:`knock`, for routes that take the request alone."""
    return await knocking(request, await _bearer(request))


def admitted(
    session: Session, knocks: Sequence[Knock], now: datetime, token_days: int
) -> list[SignedIn | None]:
    """As :func:`identified`, for several requests within one write transaction; None: signed out."""
    found = repository.sessions_of_tokens(session, list({one.token_hash for one in knocks}))
    living = {
        line["token_hash"]: line for line in found if line["revoked_at"] is None and line["expires_at"] > now
    }
    accesses = service.accesses_of(session, [line["person_id"] for line in living.values()])
    told: list[SignedIn | None] = []
    for one in knocks:
        line = living.get(one.token_hash)
        if line is None:
            told.append(None)
            continue
        seen = _seen(line, one.client, now, token_days)
        if seen:
            repository.touch_session(session, line["id"], seen)
            line.update(seen)
        told.append(
            SignedIn(
                person_id=line["person_id"],
                access=accesses[line["person_id"]],
                language=one.language,
                session_id=line["id"],
                client=one.client or line["client"],
                expires_at=line["expires_at"],
                active=line["active"],
            )
        )
    return told


def signed_in(who: Annotated[SignedIn, Depends(identified)]) -> SignedIn:
    """The signed-in person; ACCOUNT_REVOKED for a revoked account."""
    if not who.active:
        raise Problem(Code.ACCOUNT_REVOKED)
    return who


def headquarters(who: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    """The signed-in person, who must be headquarters for the whole company; else NOT_ALLOWED."""
    if not who.access.whole_company(Role.HQ):
        raise Problem(Code.NOT_ALLOWED)
    return who


Caller = Annotated[SignedIn, Depends(signed_in)]
"""Annotation of an endpoint's parameter: the signed-in person."""
Headquarters = Annotated[SignedIn, Depends(headquarters)]
"""Annotation of an endpoint's parameter: the signed-in person, from headquarters."""

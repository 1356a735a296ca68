"""The signed-in person of a request, from its bearer token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from shared_models.people.access import Access, Role
from shared_models.problems import Code, Problem
from sync_server.people import repository, service
from sync_server.problems import language_of

_bearer = HTTPBearer(auto_error=False, description="Token of POST /session")
_SEEN_EVERY = timedelta(minutes=10)


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
    if now - line["last_seen_at"] >= _SEEN_EVERY or (client and client != line["client"]):
        expires = now + timedelta(days=request.app.state.settings.token_days)
        seen = {"last_seen_at": now, "client": client or line["client"], "expires_at": expires}
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

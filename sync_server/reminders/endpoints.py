"""HTTP of reminders: where they reach a person by mail. The reminders themselves travel by sync."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from shared_models.people.access import Role
from shared_models.problems import Code, Problem
from sync_server.people.repository import person_row
from sync_server.people.session import Caller
from sync_server.problems import may_fail
from sync_server.reminders import repository

router = APIRouter(prefix="/reminders", tags=["reminders"])


class Contact(BaseModel):
    """A mail address; "" for none."""

    email: str = Field(max_length=254, pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$")


@router.get("/contacts/{person_id}", responses=may_fail(Code.SIGNED_OUT, Code.NOT_FOUND))
def contact(request: Request, caller: Caller, person_id: str) -> Contact:
    """The mail address of a person: one's own, or anybody's for headquarters."""
    with request.app.state.db.read() as session:
        _refuse_strangers(caller, person_id)
        return Contact(email=repository.email_of(session, person_id))


@router.put("/contacts/{person_id}", responses=may_fail(Code.SIGNED_OUT, Code.NOT_FOUND))
def put_contact(request: Request, caller: Caller, person_id: str, given: Contact) -> Contact:
    """Set the mail address of a person: one's own, or anybody's by headquarters."""
    _refuse_strangers(caller, person_id)
    with request.app.state.db.write(journal=False) as session:
        if person_row(session, person_id) is None:
            raise Problem(Code.NOT_FOUND)
        repository.put_contact(session, person_id, given.email)
    return given


def _refuse_strangers(caller: Caller, person_id: str) -> None:
    if caller.access.person_id != person_id and not caller.access.whole_company(Role.HQ):
        raise Problem(Code.NOT_FOUND)

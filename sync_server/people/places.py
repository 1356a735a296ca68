"""Routes by which headquarters builds the network: regions and dealers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.people.tables import Region
from shared_models.problems import Code, Place, Problem
from sync_server.audit.recording import By, record
from sync_server.people import dealers, service
from sync_server.people.session import Headquarters
from sync_server.problems import may_fail

router = APIRouter(tags=["people"])
_HQ = may_fail(Code.SIGNED_OUT, Code.ACCOUNT_REVOKED, Code.NOT_ALLOWED, Code.NOT_FOUND, Code.CONFLICT)


class NewRegion(BaseModel):
    """A region to be made; its code is unique in the network."""

    code: str = Field(min_length=1, max_length=20)
    name: str = Field(min_length=1, max_length=120)
    name_en: str = Field(default="", max_length=120)


class NewDealer(BaseModel):
    """A dealer to be made; its code is unique in the network, its place in degrees (WGS 84)."""

    code: str = Field(min_length=1, max_length=20)
    name: str = Field(min_length=1, max_length=120)
    name_en: str = Field(default="", max_length=120)
    region_id: str
    city: str = Field(default="", max_length=60)
    city_en: str = Field(default="", max_length=60)
    address: str = Field(default="", max_length=200)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)


class DealerChange(BaseModel):
    """What to change of a dealer; left out means unchanged."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    name_en: str | None = Field(default=None, max_length=120)
    city: str | None = Field(default=None, max_length=60)
    city_en: str | None = Field(default=None, max_length=60)
    address: str | None = Field(default=None, max_length=200)
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    active: bool | None = None
    region_id: str | None = None
    reason: str | None = Field(default=None, max_length=200)
    """Why, for the trail."""


class Made(BaseModel):
    """Id of what was made."""

    id: str


def _refuse_taken(session: Session, code: str) -> None:
    table = sql_table(Region)
    if session.execute(table.select().where(table.c.code == code)).first() is not None:
        raise Problem(Code.CONFLICT, {"code": code}, [Place("code", "taken")])


@router.post("/people/regions", status_code=201, responses=_HQ)
def add_region(body: NewRegion, who: Headquarters, request: Request) -> Made:
    """Make a region."""
    with request.app.state.db.write() as session:
        _refuse_taken(session, body.code)
        region_id = service.create_region(session, **body.model_dump())
        by = By(who.person_id, request.app.state.now())
        record(session, by, "region.added", "region", region_id, subject=f"{body.code} {body.name}")
        return Made(id=region_id)


@router.post("/people/dealers", status_code=201, responses=_HQ)
def add_dealer(body: NewDealer, who: Headquarters, request: Request) -> Made:
    """Make a dealer in a region."""
    with request.app.state.db.write() as session:
        by = By(who.person_id, request.app.state.now())
        return Made(id=dealers.create(session, by, body.model_dump()))


@router.patch("/people/dealers/{dealer_id}", responses=_HQ)
def change_dealer(dealer_id: str, body: DealerChange, who: Headquarters, request: Request) -> Made:
    """Change a dealer, close it or open it again; its history stays."""
    values: dict[str, Any] = body.model_dump(exclude_unset=True)
    reason = values.pop("reason", None) or ""
    required = {"name", "active", "region_id"}
    empty = [Place(name, "empty") for name in required if name in values and values[name] is None]
    if empty:
        raise Problem(Code.INVALID_REQUEST, {}, empty)
    with request.app.state.db.write() as session:
        by = By(who.person_id, request.app.state.now())
        dealers.change(session, by, dealer_id, values, reason=reason)
    return Made(id=dealer_id)

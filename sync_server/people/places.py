"""Routes by which headquarters builds the network: regions and dealers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from shared_models.columns import sql_table
from shared_models.people.tables import Dealer, Region
from shared_models.problems import Code, Place, Problem
from sync_server.people import repository, service
from sync_server.people.session import Headquarters
from sync_server.problems import may_fail
from sync_server.sync.journal import write_row

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


class Made(BaseModel):
    """Id of what was made."""

    id: str


def _refuse_taken(session: Session, model: type[Region] | type[Dealer], code: str) -> None:
    table = sql_table(model)
    if session.execute(table.select().where(table.c.code == code)).first() is not None:
        raise Problem(Code.CONFLICT, {"code": code}, [Place("code", "taken")])


@router.post("/people/regions", status_code=201, responses=_HQ)
def add_region(body: NewRegion, _who_: Headquarters, request: Request) -> Made:
    """Make a region."""
    with request.app.state.db.write() as session:
        _refuse_taken(session, Region, body.code)
        return Made(id=service.create_region(session, **body.model_dump()))


@router.post("/people/dealers", status_code=201, responses=_HQ)
def add_dealer(body: NewDealer, _who_: Headquarters, request: Request) -> Made:
    """Make a dealer in a region."""
    with request.app.state.db.write() as session:
        _refuse_taken(session, Dealer, body.code)
        if session.get(Region, body.region_id) is None:
            raise Problem(Code.NOT_FOUND, {}, [Place("region_id", "unknown")])
        return Made(id=service.create_dealer(session, **body.model_dump()))


@router.patch("/people/dealers/{dealer_id}", responses=_HQ)
def change_dealer(dealer_id: str, body: DealerChange, _who_: Headquarters, request: Request) -> Made:
    """Change a dealer, or take it out of use."""
    values: dict[str, Any] = body.model_dump(exclude_unset=True)
    required = {"name", "active"}
    empty = [Place(name, "empty") for name in required if name in values and values[name] is None]
    if empty:
        raise Problem(Code.INVALID_REQUEST, {}, empty)
    with request.app.state.db.write() as session:
        if repository.dealer_row(session, dealer_id) is None:
            raise Problem(Code.NOT_FOUND)
        write_row(session, "dealer", dealer_id, values)
    return Made(id=dealer_id)

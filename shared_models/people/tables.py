"""Tables of the network and its people. All are reference rows: the server writes them, devices read them."""

from __future__ import annotations

from sqlmodel import Field

from shared_models.columns import Row


class Region(Row, table=True):
    """A sales region of the maker."""

    code: str = Field(unique=True, max_length=20)
    name: str
    name_en: str = ""


class Dealer(Row, table=True):
    """A dealer (4S store)."""

    code: str = Field(unique=True, max_length=20)
    name: str
    name_en: str = ""
    region_id: str = Field(foreign_key="region.id", index=True)
    city: str = ""
    city_en: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    active: bool = True


class Person(Row, table=True):
    """Somebody with an account. Only the name and the language leave the server, never the login's secrets.

    ``home_dealer_id`` is set for a dealer's own people: it lets others at the dealer and its managers pick
    them as owner or supervisor. It is empty for shoppers, whose rows never reach a dealer.
    """

    name: str
    language: str = Field(default="zh_CN", max_length=8)
    position: str = ""
    home_dealer_id: str | None = Field(default=None, foreign_key="dealer.id", index=True)
    active: bool = True


class Grant(Row, table=True):
    """A role of a person within a scope."""

    __tablename__ = "role_grant"  # pyright: ignore[reportAssignmentType]

    person_id: str = Field(foreign_key="person.id", index=True)
    role: str = Field(max_length=12)
    scope_kind: str = Field(max_length=8)
    scope_id: str = Field(default="", max_length=36)


class Employee(Row, table=True):
    """A dealer's employee as named by sources (sales consultant, service adviser, technician)."""

    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    name: str
    position: str = Field(default="consultant", max_length=20)
    active: bool = True

"""Messages of the administration of accounts, which only headquarters uses."""

from __future__ import annotations

from pydantic import BaseModel, Field

from shared_models.people.wire import GrantOut, PersonOut


class NewPerson(BaseModel):
    """A person with an account; without ``password`` the server makes one and tells it once.

    ``invite``: the account begins without any password; an invitation sets it.
    """

    name: str = Field(min_length=1, max_length=120)
    login: str = Field(min_length=1, max_length=80)
    password: str | None = Field(default=None, max_length=200)
    invite: bool = False
    language: str = Field(default="zh_CN", pattern="^(zh_CN|en)$")
    position: str = Field(default="", max_length=120)
    home_dealer_id: str | None = None
    grants: list[GrantOut] = Field(default_factory=list[GrantOut])


class PersonChange(BaseModel):
    """What to change of a person; ``active`` false revokes the account."""

    name: str | None = Field(default=None, min_length=1, max_length=120)
    language: str | None = Field(default=None, pattern="^(zh_CN|en)$")
    position: str | None = Field(default=None, max_length=120)
    home_dealer_id: str | None = None
    active: bool | None = None


class PersonAccount(PersonOut):
    """A person with login, grants and state, as headquarters sees it."""

    login: str = ""
    active: bool = True
    grants: list[GrantOut]


class PersonPage(BaseModel):
    """Some persons and how many there are in all."""

    persons: list[PersonAccount]
    total: int


class NewPassword(BaseModel):
    """A password to set; none: the server makes one."""

    password: str | None = Field(default=None, max_length=200)


class PasswordSet(BaseModel):
    """The password that the server made; empty if it was given."""

    person_id: str
    password: str

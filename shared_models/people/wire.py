"""Messages about accounts and people: sign-in, who am I, the directory of a dealer."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from shared_models.building import LATER
from shared_models.people.access import Access, GrantView, Role, ScopeKind


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=LATER)


class SignInRequest(_Message):
    """Name and password of an account; ``device_name`` is shown in the list of sign-ins."""

    login: str = Field(min_length=1, max_length=80)
    password: str = Field(min_length=1, max_length=200)
    device_name: str = Field(default="", max_length=120)


class PersonOut(_Message):
    """A person as shown to colleagues."""

    id: str
    name: str
    language: str = "zh_CN"
    position: str = ""
    home_dealer_id: str | None = None


class GrantOut(_Message):
    """One role in one scope; ``scope_id`` is the region's or dealer's id, empty for the company."""

    id: str = ""
    role: Role
    scope_kind: ScopeKind
    scope_id: str = ""

    def view(self) -> GrantView:
        """The grant as the rules of access read it."""
        return GrantView(self.role, self.scope_kind, self.scope_id)


class WhoAmI(_Message):
    """The signed-in person, all grants, and when the sign-in ends (ISO 8601 UTC)."""

    person: PersonOut
    grants: list[GrantOut]
    expires_at: str
    session_id: str = ""

    def access(self) -> Access:
        """The person's access."""
        return Access.of(self.person.id, (grant.view() for grant in self.grants))


class SignedInResponse(WhoAmI):
    """The answer to a sign-in: the token is told this once and goes as ``Authorization: Bearer``."""

    token: str


class DirectoryEntry(_Message):
    """A person who may be owner or supervisor at a dealer."""

    id: str
    name: str
    position: str = ""
    roles: list[Role]
    at_dealer: bool
    """Whether the person works at the dealer (else in its region or headquarters)."""


class SessionOut(_Message):
    """A sign-in as listed to its person (instants ISO 8601 UTC)."""

    id: str
    device_name: str
    client: str
    created_at: str
    last_seen_at: str
    expires_at: str
    current: bool

"""Messages of the administration of dealers and people; loaded only where it is used."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared_models.building import LATER
from shared_models.people.access import Role, ScopeKind

Sheet = Literal["people", "dealers", "regions", "targets", "sales", "calls"]
"""What a workbook of the bulk import holds."""


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=LATER)


class RowState(StrEnum):
    """What a row of a bulk import is, compared with what the server holds."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REJECTED = "rejected"


class RowProblem(_Message):
    """Why a row is refused: column as headed in the file, reason as ``people.bulk.reason.<reason>``."""

    row: int
    column: str
    reason: str
    value: str = ""


class BulkRow(_Message):
    """A row of the file: its number, whom or what it names, and what it would change."""

    row: int
    key: str
    name: str = ""
    state: RowState
    changes: dict[str, tuple[str, str]] = Field(default_factory=dict[str, tuple[str, str]])
    """Column -> as it is, as it will be."""


class BulkCounts(_Message):
    """How many rows are of each kind."""

    rows: int = 0
    new: int = 0
    changed: int = 0
    same: int = 0
    rejected: int = 0
    missing: int = 0
    """Known to the server and not in the file; nothing happens to them."""


class InvitationOut(_Message):
    """A one-time code, told this once; ``mailed`` says whether it went out by mail as well."""

    person_id: str
    name: str
    login: str
    code: str
    expires_at: str
    mailed: bool = False


class BulkReport(_Message):
    """What a file says (preview) or did (applied)."""

    sheet: Sheet
    file_name: str
    sha256: str
    encoding: str
    applied: bool
    counts: BulkCounts
    rows: tuple[BulkRow, ...] = ()
    """The first rows that are not the same."""
    problems: tuple[RowProblem, ...] = ()
    missing: tuple[str, ...] = ()
    """The first of those that the file does not name."""
    invitations: tuple[InvitationOut, ...] = ()


class TermOut(_Message):
    """A grant with its days; ``id`` is the term's, or the grant's where it has no days."""

    id: str
    role: Role
    scope_kind: ScopeKind
    scope_id: str = ""
    scope_name: str = ""
    scope_name_en: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    state: Literal["active", "planned", "ended"] = "active"


class NewTerm(_Message):
    """A role to give, from a day on and until a day (both included; none: at once, without end)."""

    role: Role
    scope_kind: ScopeKind
    scope_id: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


class SignInLine(_Message):
    """A living sign-in of a person (instants ISO 8601 UTC)."""

    id: str
    device_name: str
    client: str
    created_at: str
    last_seen_at: str
    expires_at: str
    current: bool = False


class PersonLine(_Message):
    """A person in a list."""

    id: str
    name: str
    login: str = ""
    """For headquarters only."""
    language: str = "zh_CN"
    position: str = ""
    home_dealer_id: str | None = None
    home_dealer: str = ""
    active: bool = True
    roles: tuple[Role, ...] = ()
    has_password: bool = False
    invited_until: str | None = None
    """An open invitation ends then."""


class PersonList(_Message):
    """Some persons and how many fit the question."""

    persons: tuple[PersonLine, ...]
    total: int


class PersonDetail(PersonLine):
    """A person as headquarters administers it."""

    email: str = ""
    terms: tuple[TermOut, ...] = ()
    sign_ins: tuple[SignInLine, ...] = ()


class SourceDay(_Message):
    """The newest day of one source at a dealer."""

    source: str
    newest_day: str
    days: int


class DealerLine(_Message):
    """A dealer in the administration, with who keeps its data and how fresh each source is."""

    id: str
    code: str
    name: str
    name_en: str = ""
    region_id: str
    region: str = ""
    region_en: str = ""
    city: str = ""
    city_en: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    active: bool = True
    maintainer_id: str = ""
    maintainer: str = ""
    sources: tuple[SourceDay, ...] = ()
    stale: bool = False


class DealerList(_Message):
    """Some dealers and how many fit the question."""

    dealers: tuple[DealerLine, ...]
    total: int
    stale_after_days: int


class RedeemRequest(_Message):
    """An invitation and the password that the person chooses."""

    login: str = Field(min_length=1, max_length=80)
    code: str = Field(min_length=1, max_length=40)
    password: str = Field(min_length=1, max_length=200)
    device_name: str = Field(default="", max_length=120)

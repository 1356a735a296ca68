"""Who may do what where: roles with a scope (whole company, a region or a dealer)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person does with the product."""

    SHOPPER = "shopper"
    AUDITOR = "auditor"
    CALLER = "caller"
    MANAGER = "manager"
    OWNER = "owner"
    HQ = "hq"


FIELD_ROLES = frozenset({Role.SHOPPER, Role.AUDITOR})
"""Roles that record visits."""
DESK_ROLES = frozenset({Role.MANAGER, Role.HQ})
"""Roles that see whole scopes, review visits and write plans."""


class ScopeKind(StrEnum):
    """How wide a grant reaches."""

    COMPANY = "company"
    REGION = "region"
    DEALER = "dealer"


@dataclass(frozen=True, order=True)
class GrantView:
    """One role in one scope; ``scope_id`` is the region's or dealer's id, empty for the company."""

    role: Role
    scope_kind: ScopeKind
    scope_id: str = ""


@dataclass(frozen=True)
class Access:
    """All that a signed-in person holds; the one answer to "may this person …?" on both sides."""

    person_id: str
    grants: tuple[GrantView, ...]

    @classmethod
    def of(cls, person_id: str, grants: Iterable[GrantView]) -> Access:
        """Access with its grants in a fixed order, so that equal access has equal text."""
        return cls(person_id, tuple(sorted(set(grants))))

    @property
    def roles(self) -> frozenset[Role]:
        """All roles, wherever they hold."""
        return frozenset(grant.role for grant in self.grants)

    def has(self, *roles: Role) -> bool:
        """Whether the person holds one of these roles anywhere."""
        return not self.roles.isdisjoint(roles)

    def reaches(self, roles: Iterable[Role], *, dealer_id: str, region_id: str) -> bool:
        """Whether one of these roles holds for that dealer (itself, its region or the whole company)."""
        wanted = set(roles)
        return any(
            grant.role in wanted
            and (
                grant.scope_kind is ScopeKind.COMPANY
                or (grant.scope_kind is ScopeKind.REGION and grant.scope_id == region_id)
                or (grant.scope_kind is ScopeKind.DEALER and grant.scope_id == dealer_id)
            )
            for grant in self.grants
        )

    def whole_company(self, *roles: Role) -> bool:
        """Whether one of these roles holds for the whole company."""
        return any(g.role in roles and g.scope_kind is ScopeKind.COMPANY for g in self.grants)

    def regions(self, *roles: Role) -> frozenset[str]:
        """Ids of regions in which one of these roles holds."""
        return frozenset(
            g.scope_id for g in self.grants if g.role in roles and g.scope_kind is ScopeKind.REGION
        )

    def dealers(self, *roles: Role) -> frozenset[str]:
        """Ids of dealers named in grants with one of these roles."""
        return frozenset(
            g.scope_id for g in self.grants if g.role in roles and g.scope_kind is ScopeKind.DEALER
        )

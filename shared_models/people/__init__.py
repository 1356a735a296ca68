"""People: regions, dealers, persons, their grants (role + scope) and the rules of access."""

from shared_models.people.access import Access, GrantView, Role, ScopeKind
from shared_models.people.tables import Dealer, Employee, Grant, Person, Region

__all__ = [
    "Access",
    "Dealer",
    "Employee",
    "Grant",
    "GrantView",
    "Person",
    "Region",
    "Role",
    "ScopeKind",
]

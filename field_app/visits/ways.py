"""Where a visit's screens stand: below Today for visitors, Calls for callers, the overview for desks."""

from __future__ import annotations

from field_app.shell.navigation import DESK_ROLES, FIELD_ROLES
from field_app.shell.ui import Ui

CALLS = "/calls"
"""A caller's interviews."""
OBSERVE = "/overview/observe"
"""A desk's own observations in the showroom."""


def visits_home(ui: Ui) -> str:
    """The list that a visit's screens lead back to."""
    access = ui.work.access
    if access.has(*FIELD_ROLES):
        return "/today"
    return OBSERVE if access.has(*DESK_ROLES) else CALLS


def visits_place(ui: Ui) -> str:
    """The destination that is marked in the navigation while a visit is shown."""
    return visits_home(ui).split("/")[1]


def visit_way(ui: Ui, visit_id: str, below: str = "") -> str:
    """The address of a visit, or of a screen below it (drive, quiet, submit)."""
    return "/".join(part for part in (visits_home(ui), "visit", visit_id, below) if part)

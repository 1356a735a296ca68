"""States of an appeal, who may move them, and its two clocks."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from shared_models.people.access import Role

WINDOW = timedelta(days=7)
"""How long after its acceptance a visit may be disputed."""
DECISION = timedelta(days=5)
"""How long a decision may take from the filing on."""


class AppealStatus(StrEnum):
    """An appeal is filed, then upheld, dismissed or taken back."""

    FILED = "filed"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    WITHDRAWN = "withdrawn"


_DEALER = frozenset({Role.OWNER})
_DESK = frozenset({Role.MANAGER, Role.HQ})

APPEAL_TRANSITIONS: dict[tuple[str, str], tuple[AppealStatus, frozenset[Role]]] = {
    (AppealStatus.FILED, "uphold"): (AppealStatus.UPHELD, _DESK),
    (AppealStatus.FILED, "dismiss"): (AppealStatus.DISMISSED, _DESK),
    (AppealStatus.FILED, "withdraw"): (AppealStatus.WITHDRAWN, _DEALER),
}
"""(state, action) -> (next state, roles that may do it)."""


def window_end(accepted_at: datetime | None) -> datetime | None:
    """Until when a visit accepted then may be disputed; None for one without a decision."""
    return accepted_at + WINDOW if accepted_at is not None else None

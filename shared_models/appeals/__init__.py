"""Appeals (申诉): a dealer disputes an answer of an accepted visit; states, clocks, the dealer's view."""

from shared_models.appeals.states import (
    APPEAL_TRANSITIONS,
    DECISION,
    WINDOW,
    AppealStatus,
    window_end,
)
from shared_models.appeals.tables import Appeal
from shared_models.appeals.wire import Result, ResultAnswer, ResultCard, Results, ResultSection

__all__ = [
    "APPEAL_TRANSITIONS",
    "DECISION",
    "WINDOW",
    "Appeal",
    "AppealStatus",
    "Result",
    "ResultAnswer",
    "ResultCard",
    "ResultSection",
    "Results",
    "window_end",
]

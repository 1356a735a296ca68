"""What an owner may ask about an action, who decides it, and which evidence a finished one should show."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from shared_models.plans.states import TO_DO
from shared_models.problems import Code, Problem


class RequestKind(StrEnum):
    """An objection disputes the action as such (申诉); an extension asks for more time (延期)."""

    OBJECTION = "objection"
    EXTENSION = "extension"


class RequestStatus(StrEnum):
    """A request is open until it is decided, or taken back by its author."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


DECIDER: dict[RequestKind, str] = {RequestKind.OBJECTION: "desk", RequestKind.EXTENSION: "supervisor"}
"""Who decides: an objection those who write plans for the dealer, an extension the action's supervisor."""

_AFTER = {
    "grant": RequestStatus.GRANTED,
    "refuse": RequestStatus.REFUSED,
    "withdraw": RequestStatus.WITHDRAWN,
}


def next_request_status(status: str, step: str) -> RequestStatus:
    """The state after grant, refuse or withdraw; TRANSITION_NOT_ALLOWED where there is none."""
    if status != RequestStatus.OPEN or step not in _AFTER:
        raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": status, "action": step})
    return _AFTER[step]


def already_decided(status: str, step: str) -> bool:
    """Whether the step's effect stands already."""
    return step in _AFTER and status == _AFTER[step]


def may_ask(action_status: str, open_kinds: Collection[str], kind: RequestKind) -> bool:
    """Whether the owner may ask this now: while it is to be done, one request of a kind at a time."""
    return action_status in TO_DO and kind.value not in open_kinds


ATTENDED = frozenset({"training", "drill", "briefing"})
"""Methods whose attendance is listed."""

_EVIDENCE: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ATTENDED, ("attendance",)),
    "facility": ("before", "after"),
}
PHOTO_KINDS: tuple[str, ...] = ("photo", "before", "after", "attendance")
"""Kinds of pictures in an action's log; an attendance sheet may be photographed instead of typed."""


def evidence_missing(method: str, kinds: Collection[str], *, attendees: int) -> tuple[str, ...]:
    """What the log of a measure of this method still lacks: attendance, before, after.

    It is shown to owner and supervisor and blocks nobody: the supervisor judges.
    """
    shown = set(kinds) | ({"attendance"} if attendees else set())
    return tuple(kind for kind in _EVIDENCE.get(method, ()) if kind not in shown)

"""Which handler judges the ops of which entity. An entity without one takes no ops."""

from __future__ import annotations

from sync_server.appeals.handler import HANDLERS as APPEALS
from sync_server.calls.handler import HANDLERS as CALLS
from sync_server.plans.handler import HANDLERS as PLANS
from sync_server.sync.handler import Handler, WriteContext
from sync_server.visits.handler import HANDLERS as VISITS

__all__ = ["HANDLERS", "Handler", "WriteContext"]

HANDLERS: dict[str, Handler] = {**VISITS, **PLANS, **APPEALS, **CALLS}

"""Targets of items by place and month: what is asked and answered over HTTP."""

from shared_models.targets.wire import MONTH_OR_OPEN, ItemTargets, NewTarget, PlaceKind, TargetRule

__all__ = ["MONTH_OR_OPEN", "ItemTargets", "NewTarget", "PlaceKind", "TargetRule"]

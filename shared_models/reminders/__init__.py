"""Reminders of what is late, and the ladder by which they rise."""

from shared_models.reminders.ladder import DEFAULT_LADDER, RUNGS, STEPS, Kind, Ladder, Step
from shared_models.reminders.tables import Reminder

__all__ = ["DEFAULT_LADDER", "RUNGS", "STEPS", "Kind", "Ladder", "Reminder", "Step"]

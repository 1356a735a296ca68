"""Reminders of overdue actions, and the ladder by which they rise."""

from shared_models.reminders.ladder import DEFAULT_LADDER, STEPS, Ladder, Step
from shared_models.reminders.tables import Reminder

__all__ = ["DEFAULT_LADDER", "STEPS", "Ladder", "Reminder", "Step"]

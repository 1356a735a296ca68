"""What a company decides for itself: working days, escalation, retention, as rules and as messages."""

from shared_models.company.workdays import Calendar, DayKind, days_late, deadline

__all__ = ["Calendar", "DayKind", "days_late", "deadline"]

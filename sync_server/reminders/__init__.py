"""Reminders: who hears of overdue actions, in the app, by mail and by webhook."""

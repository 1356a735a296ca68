"""The manager's desk: what needs somebody today, and reports."""

"""What one company decides for itself: escalation, working days, other settings made in the app."""

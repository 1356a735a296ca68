"""Telephone calls: whom to call now, what came of it, and the interview."""

"""Rescue export: all that the server has not confirmed, in one file."""

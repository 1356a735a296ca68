"""Rescue files on the server: what a device had not sent, taken in from one zip."""

"""What both sides of Revisit share: tables, rules, scoring and the wire format.

Imports neither ``field_app`` nor ``sync_server`` and runs unchanged on CPython 3.11+ and in the
browser (Pyodide). Rules here are pure: the clock, ids and randomness are passed in.
"""

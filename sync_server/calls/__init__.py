"""Telephone work on the server: calls from deliveries and services, what callers report, how calls end."""

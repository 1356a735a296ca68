"""Accounts, roles and scopes on the server."""

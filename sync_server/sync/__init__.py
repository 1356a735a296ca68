"""Sync on the server: push, pull, journal, digests."""

"""Visits on the server: their rules at the moment an op arrives."""

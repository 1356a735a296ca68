"""Webhooks: addresses that are told of events, each with its own secret."""

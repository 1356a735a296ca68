"""Visits on the device: today's work, recording, history and review."""

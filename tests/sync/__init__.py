"""Sync of real devices with the real server over a network that fails on purpose."""

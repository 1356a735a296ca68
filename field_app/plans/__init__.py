"""Improvement plans on the device: drafting, publishing, carrying out, verifying."""

"""Figures of the server with the copy that was last read."""

"""A small app that shows the platform layer at work in a real browser; only the tests use it."""

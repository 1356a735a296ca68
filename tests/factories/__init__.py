"""Small makers of worlds for tests."""

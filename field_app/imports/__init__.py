"""Survey files: sending them in and reading what became of their rows."""

"""Parts of the desk's screens."""

"""Parts of the administration's screens."""

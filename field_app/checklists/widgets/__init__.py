"""Parts of the checklist screens."""

"""Review of submitted visits."""

"""Writing checklists: drafts, the rules of showing, preview, test run, publication."""

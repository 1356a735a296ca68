"""The sync server: accounts, sync, media, surveys, insight, plans and reports in one process."""

"""The audit trail: who did what, at which dealer, when. Entries are only added."""

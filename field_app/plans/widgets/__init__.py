"""Parts of plans: findings, causes, measures, people, dates, progress."""

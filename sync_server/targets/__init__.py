"""Targets of items: of the company, a region or a dealer, for all months or some; the most specific holds."""

"""Targets per item: for the company, a region or a dealer, from a month on."""

"""Insight: observations become rates, weak items, plans' effects."""

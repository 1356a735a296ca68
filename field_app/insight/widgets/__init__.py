"""Parts of the figures: rates with intervals, trends, evidence."""

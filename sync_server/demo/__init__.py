"""The demo network: made by driving the real paths (imports, sync, reviews, plans) from one seed."""

"""Surveys and telephone work: customers, vehicles, survey houses, responses, call tasks."""

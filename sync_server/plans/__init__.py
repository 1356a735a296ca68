"""Improvement plans on the server: who may change what, numbers, publication, and the plan on paper."""

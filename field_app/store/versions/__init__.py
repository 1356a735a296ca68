"""Alembic scripts of the local databases (``revision``, ``down_revision``, ``upgrade``); see ..migrate."""

"""The first schema: made from the metadata, so there is nothing to do for a database that has it."""

from __future__ import annotations

revision = "account_0001"
down_revision = None


def upgrade() -> None:
    """Nothing: this is where the chain begins."""

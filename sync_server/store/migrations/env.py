"""Alembic's entry: runs on the connection that sync_server.store.migrate hands in."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString

from shared_models.columns import ExactDecimal, Instant, Json
from sync_server.store.metadata import all_tables


def render_item(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    """Our own column types by their names in shared_models.columns."""
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if kind == "type" and isinstance(item, Instant | ExactDecimal | Json):
        autogen.imports.add(f"from shared_models.columns import {type(item).__name__}")
        return f"{type(item).__name__}()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=all_tables(),
    render_item=render_item,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()

"""All tables of the server: the shared ones and every slice's ``tables.py``."""

from __future__ import annotations

import importlib
from pathlib import Path

from sqlalchemy import MetaData
from sqlmodel import SQLModel

from shared_models.sync.registry import ENTITIES

_SERVER = Path(__file__).resolve().parent.parent


def all_tables() -> MetaData:
    """The metadata with the tables of all slices registered."""
    assert ENTITIES  # their import has registered the shared tables
    for path in sorted(_SERVER.glob("*/tables.py")):
        importlib.import_module(f"sync_server.{path.parent.name}.tables")
    return SQLModel.metadata

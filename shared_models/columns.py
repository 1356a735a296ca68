"""Column types and the shape that every synced row has."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import JSON, DateTime, Dialect, Numeric, String, Table, TypeDecorator
from sqlmodel import Field, SQLModel

from shared_models.building import LATER
from shared_models.ids import new_id


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC on every database (SQLite keeps no offset of its own)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive instants, turn the others to UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive instant cannot be stored: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back aware instants."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """An exact decimal: numeric on PostgreSQL, text on SQLite (which would make it a binary float)."""

    impl = Numeric(18, 6)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Text where the database has no decimal."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(24))
        return dialect.type_descriptor(Numeric(18, 6))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Take decimals and their text."""
        if value is None:
            return None
        number = Decimal(str(value))
        return format(number, "f") if dialect.name == "sqlite" else number

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Give back decimals."""
        return None if value is None else Decimal(str(value)).normalize() + 0


class Json(TypeDecorator[Any]):
    """Plain JSON data."""

    impl = JSON(none_as_null=True)
    cache_ok = True


class Row(SQLModel):
    """Every synced row: its id (UUIDv7) and the version that the server counts up (0: not yet there)."""

    model_config = {"defer_build": LATER}

    id: str = Field(default_factory=new_id, primary_key=True, max_length=36)
    version: int = Field(default=0)


def sql_table(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table behind a model."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]

"""Tables of insight: the append-only ledger of observations and its data cuts."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, Index, SQLModel, text

from shared_models.columns import Instant

LIVE = text("gone_cut IS NULL")
WHOLE = 1_000_000
"""Values and weights are counted in millionths, so that sums are exact on every database."""


class DataCut(SQLModel, table=True):
    """One change of the ledger. The ledger "as of cut n" is what n and earlier cuts left in it."""

    __tablename__ = "data_cut"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    kind: str = Field(max_length=12)
    """visit, import, response, rebuild."""
    origin_id: str = Field(default="", max_length=36)
    added: int = 0
    superseded: int = 0


class Observation(SQLModel, table=True):
    """One answer on the item ledger. Rows are never changed; a later revision only closes them."""

    __table_args__ = (
        Index(
            "ix_observation_cells",
            "month",
            "dealer_id",
            "item_id",
            "source",
            "state",
            "weight",
            "earned",
            sqlite_where=LIVE,
            postgresql_where=LIVE,
        ),
        Index("ix_observation_origin", "kind", "origin_id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    dealer_id: str = Field(foreign_key="dealer.id")
    item_id: str = Field(foreign_key="item.id", index=True)
    source: str = Field(max_length=12)
    day: date
    month: str = Field(max_length=7)
    state: str = Field(max_length=10)
    """executed (earned at least half), not, na, unobserved."""
    value: int
    """Share of the question achieved, in millionths; 0 where nothing applies."""
    weight: int
    """Share of the item's observation, in millionths: all questions of an item in a visit make one."""
    earned: int
    """value times weight, in millionths, exact up to rounding half up."""
    employee: str = ""
    kind: str = Field(max_length=10)
    """visit or response."""
    origin_id: str = Field(max_length=36)
    question: str = Field(max_length=40)
    repeat: int = 0
    revision: int = 0
    cut: int = Field(foreign_key="data_cut.id", index=True)
    gone_cut: int | None = Field(default=None, foreign_key="data_cut.id")

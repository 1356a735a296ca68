"""Tables of insight: the append-only ledger of observations and its data cuts."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, Index, SQLModel, UniqueConstraint, text

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


class FigureParameters(SQLModel, table=True):
    """A version of the parameters that figures are computed with; the newest is in force."""

    __tablename__ = "figure_parameters"  # pyright: ignore[reportAssignmentType]

    version: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    person_id: str = Field(default="", max_length=36)
    digest: str = Field(max_length=16)
    values: str
    """Every parameter, as JSON with sorted keys."""


class SourceReview(SQLModel, table=True):
    """Somebody looked into why a source at a dealer says something else than the others."""

    __tablename__ = "source_review"  # pyright: ignore[reportAssignmentType]

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=Instant)
    person_id: str = Field(default="", max_length=36)
    dealer_id: str = Field(foreign_key="dealer.id", index=True)
    source: str = Field(max_length=12)
    month: str = Field(max_length=7)
    """The month whose card was looked into; later months start anew."""
    note: str = ""


class FigureResult(SQLModel, table=True):
    """Figures of a closed month as they were first computed, and each later revision of them."""

    __tablename__ = "figure_result"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("month", "revision"),)

    id: int | None = Field(default=None, primary_key=True)
    month: str = Field(max_length=7)
    revision: int
    """0 for the first figures after the month's close; late data or other parameters make the next."""
    data_cut: int
    method_version: int
    parameters: str
    """As JSON with sorted keys."""
    inputs: str
    """Targets by item and reviewed sources, as JSON with sorted keys."""
    computed_at: datetime = Field(sa_type=Instant)
    sha256: str = Field(max_length=64)
    """Of the figures' bytes: computing them again gives the same."""
    cells: int
    listed: int

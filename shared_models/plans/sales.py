"""Achievement of a dealer's sales target in a month."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from shared_models.building import LATER

MONTH = r"^\d{4}-(0[1-9]|1[0-2])$"


class SalesFigures(BaseModel):
    """Body of PUT /plans/sales/{dealer_id}/{month}: cars to be sold and sold."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=LATER)

    target: int = Field(ge=0, le=1_000_000)
    achieved: int = Field(ge=0, le=1_000_000)

    @property
    def rate(self) -> float | None:
        """Percent of the target; None without one."""
        return 100 * self.achieved / self.target if self.target else None


class SalesMonth(SalesFigures):
    """A month of a dealer."""

    month: str

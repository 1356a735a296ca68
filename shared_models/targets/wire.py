"""Messages of targets by place and month. Targets are percent."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared_models.building import LATER

MONTH_OR_OPEN = r"^(\d{4}-(0[1-9]|1[0-2]))?$"


class _Message(BaseModel):
    model_config = ConfigDict(extra="ignore", defer_build=LATER)


class PlaceKind(StrEnum):
    """Where a target holds; a later one in this order wins over an earlier one."""

    COMPANY = "company"
    REGION = "region"
    DEALER = "dealer"


class NewTarget(_Message):
    """A target to be set, or withdrawn (``target`` none): for a place, from one month to another."""

    item_id: str = Field(max_length=36)
    place_kind: PlaceKind = PlaceKind.COMPANY
    place_id: str = Field(default="", max_length=36)
    month_from: str = Field(default="", pattern=MONTH_OR_OPEN)
    """"" : since ever."""
    month_to: str = Field(default="", pattern=MONTH_OR_OPEN)
    """The last month, "" : until further notice."""
    target: float | None = Field(default=None, gt=0, le=100)

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.month_from and self.month_to and self.month_to < self.month_from:
            raise ValueError("month_to lies before month_from")
        if bool(self.place_id) is (self.place_kind is PlaceKind.COMPANY):
            raise ValueError("place_id does not fit place_kind")
        return self


class TargetRule(NewTarget):
    """A target in force for a place or for some months, with who set it (``set_at`` ISO 8601 UTC)."""

    id: str
    place_code: str = ""
    place_name: str = ""
    place_name_en: str = ""
    set_by: str = ""
    set_at: str = ""


class ItemTargets(_Message):
    """An item with its targets: the company's for all months (none: the network's default), and the rules."""

    item_id: str
    code: str
    name: str
    name_en: str
    target: float | None
    default_target: float
    rules: tuple[TargetRule, ...] = ()

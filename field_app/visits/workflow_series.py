"""Recurring visits at the desk: read, begun and ended on the server."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from pydantic import BaseModel, TypeAdapter

from field_app.insight.workflow import CachedReader, Fetched
from field_app.store import Store
from field_app.sync.api import Api
from shared_models.problems import Code, Problem

EVERY = ("month", "quarter")


class PlannedLine(BaseModel):
    """A visit that a series planned, or the code of what kept it from being planned."""

    period: str
    dealer_id: str
    assignment_id: str | None
    problem: str


class SeriesLine(BaseModel):
    """A series as it stands."""

    id: str
    every: str
    template: str
    dealers: list[str]
    people: list[str]
    from_day: int
    days: int
    ended: bool
    next_window: date | None
    planned: list[PlannedLine]


_LINES = TypeAdapter(list[SeriesLine])


@dataclass
class NewSeries:
    """What is chosen for a series to be begun."""

    every: str = EVERY[0]
    template: str = ""
    dealers: list[str] = field(default_factory=list[str])
    people: list[str] = field(default_factory=list[str])
    first: date | None = None
    from_day: int = 1
    days: int = 10

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.template and self.dealers and self.people and self.first)

    def kept(self) -> str:
        """As text, to be kept on the device until it is sent; "" for nothing chosen yet."""
        return "" if self == NewSeries() else _KEPT.dump_json(self).decode()

    @classmethod
    def of(cls, text: str) -> NewSeries:
        """What was kept; nothing chosen where it cannot be read."""
        try:
            return _KEPT.validate_json(text) if text else cls()
        except ValueError:
            return cls()


_KEPT = TypeAdapter(NewSeries)


class Series:
    """Routes /assignments/series; the list has a kept copy."""

    def __init__(self, store: Store, api: Api) -> None:
        self._api = api
        self._reader = CachedReader(store, api)

    async def listed(self, *, kept_first: bool = False) -> Fetched[list[SeriesLine]]:
        """Running series first."""
        got = await self._reader.read("/assignments/series", kept_first=kept_first)
        return Fetched(_LINES.validate_python(got.value), got.fetched_at, got.live)

    async def begin(self, new: NewSeries) -> int:
        """Begin a series; how many visits it planned at once. INVALID_FIELD while something is missing."""
        if not new.whole or new.first is None:
            raise Problem(Code.INVALID_FIELD, {"field": "series"})
        body = {
            "every": new.every,
            "template": new.template,
            "dealers": new.dealers,
            "people": new.people,
            "first": new.first.isoformat(),
            "from_day": new.from_day,
            "days": new.days,
        }
        return int((await self._api.post("/assignments/series", body))["planned"])

    async def end(self, series_id: str) -> None:
        """Plan no more of it."""
        await self._api.post(f"/assignments/series/{series_id}/end", None)

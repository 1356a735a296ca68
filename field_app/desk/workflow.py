"""Figures of the desk that the server makes; what was read before is there without network."""

from __future__ import annotations

from field_app.insight.workflow import CachedReader, Fetched
from field_app.store import Store
from field_app.sync import Api
from shared_models.reports import (
    Freshness,
    RegionSummary,
    ReportSchedule,
    Scorecard,
    Standing,
    StoredReports,
)


class Desk:
    """GET /api/v1/reports/*."""

    def __init__(self, store: Store, api: Api) -> None:
        self._reader = CachedReader(store, api)
        self._api = api

    async def freshness(self, *, kept_first: bool = False) -> Fetched[Freshness]:
        """How fresh each dealer's data is."""
        return await self._reader.model(Freshness, "/reports/freshness", kept_first=kept_first)

    async def region(
        self,
        region_id: str | None = None,
        month: str | None = None,
        *,
        compare: str | None = None,
        importance: bool = False,
        kept_first: bool = False,
    ) -> Fetched[RegionSummary]:
        """Dealers of a region, or of the whole scope, side by side; for desks.

        ``compare``: the month of comparison (none: the month before); ``importance``: with what items weigh.
        """
        return await self._reader.model(
            RegionSummary,
            "/reports/region",
            kept_first=kept_first,
            region_id=region_id,
            month=month,
            compare=compare,
            importance=True if importance else None,
        )

    async def standing(
        self,
        region_id: str | None = None,
        month: str | None = None,
        compare: str | None = None,
        *,
        kept_first: bool = False,
    ) -> Fetched[Standing]:
        """Where the scope, or a region of it, stands and what changed; for desks."""
        return await self._reader.model(
            Standing,
            "/reports/standing",
            kept_first=kept_first,
            region_id=region_id,
            month=month,
            compare=compare,
        )

    async def scorecard(
        self, dealer_id: str, month: str | None = None, *, kept_first: bool = False
    ) -> Fetched[Scorecard]:
        """One dealer in a month (none: the newest closed one)."""
        return await self._reader.model(
            Scorecard, "/reports/scorecard", kept_first=kept_first, dealer_id=dealer_id, month=month
        )

    async def stored(self, *, kept_first: bool = False) -> Fetched[StoredReports]:
        """Monthly reports that lie ready."""
        return await self._reader.model(StoredReports, "/reports/files", kept_first=kept_first)

    async def set_schedule(self, given: ReportSchedule) -> None:
        """When they are made; by headquarters, needs the network."""
        await self._api.call("PUT", "/reports/schedule", body=given.model_dump(mode="json"))

    async def file(self, path: str, **query: str) -> bytes:
        """A report as the server draws it; SERVER_UNREACHABLE without network."""
        return (await self._api.call("GET", path, params=query)).content

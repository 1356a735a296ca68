"""Figures of the server, with the copy last read for when there is no network; every answer tells its age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from field_app.store import Store
from field_app.sync.api import Api, Unreachable
from shared_models.clock import from_text
from shared_models.insight import (
    AnswersPage,
    CauseSuggestions,
    EvidencePage,
    InsightMonths,
    NetworkTable,
    Rates,
    WeakItems,
)

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Fetched(Generic[T]):
    """An answer of the server and when it was given; ``live`` is False for the kept copy."""

    value: T
    fetched_at: datetime
    live: bool
    asking: bool = False
    """A kept copy that is shown only until the server has answered."""


class CachedReader:
    """GET with a kept copy per path and query in the account's database."""

    def __init__(self, store: Store, api: Api) -> None:
        self._store = store
        self._api = api

    async def read(self, path: str, *, kept_first: bool = False, **query: Any) -> Fetched[Any]:
        """The server's answer, or the kept copy when it cannot be reached.

        ``kept_first`` gives a kept copy at once without asking. Raises SERVER_UNREACHABLE when there is
        neither network nor copy, and any other problem that the server names (a copy never hides a refusal).
        """
        asked = {name: str(value) for name, value in sorted(query.items()) if value is not None}
        key = path + "?" + "&".join(f"{name}={value}" for name, value in asked.items())
        kept = self._store.cached(key)
        if kept is None or not kept_first:
            try:
                body = await self._api.get(path, **asked)
            except Unreachable:
                if kept is None:
                    raise
            else:
                self._store.cache(key, body)
                await self._store.durable()
                return Fetched(body, self._store.context.now(), True)
        body, at = kept
        return Fetched(body, from_text(at), False)

    async def model(self, kind: type[M], path: str, *, kept_first: bool = False, **query: Any) -> Fetched[M]:
        """As :meth:`read`, checked against a wire model; a kept copy of an older shape is asked for anew."""
        got = await self.read(path, kept_first=kept_first, **query)
        try:
            return Fetched(kind.model_validate(got.value), got.fetched_at, got.live)
        except ValidationError:
            if got.live or not kept_first:
                raise
        got = await self.read(path, **query)
        return Fetched(kind.model_validate(got.value), got.fetched_at, got.live)


class Insight:
    """The figures of the person's scope (GET /api/v1/insight/*)."""

    def __init__(self, store: Store, api: Api) -> None:
        self._reader = CachedReader(store, api)
        self._api = api

    async def months(self, *, kept_first: bool = False) -> Fetched[InsightMonths]:
        """Months that have observations, newest first."""
        return await self._reader.model(InsightMonths, "/insight/months", kept_first=kept_first)

    async def weak_items(
        self, month: str | None = None, *, kept_first: bool = False, **query: Any
    ) -> Fetched[WeakItems]:
        """Weak items of a month (YYYY-MM; none: the newest); query: dealer_id, region_id, item_id, limit."""
        return await self._reader.model(
            WeakItems, "/insight/weak-items", kept_first=kept_first, month=month, **query
        )

    async def rates(self, *, kept_first: bool = False, **query: Any) -> Fetched[Rates]:
        """Rates per item, month and source; ``query`` as the server's route takes it."""
        return await self._reader.model(Rates, "/insight/rates", kept_first=kept_first, **query)

    async def evidence(
        self, dealer_id: str, item_id: str, month: str, *, kept_first: bool = False, **query: Any
    ) -> Fetched[EvidencePage]:
        """The answers behind a figure."""
        return await self._reader.model(
            EvidencePage,
            "/insight/evidence",
            kept_first=kept_first,
            dealer_id=dealer_id,
            item_id=item_id,
            month=month,
            **query,
        )

    async def causes(self, item_id: str, *, kept_first: bool = False) -> Fetched[CauseSuggestions]:
        """Causes seen before with an item and measures tried against it, over the whole network."""
        return await self._reader.model(
            CauseSuggestions, "/insight/causes", kept_first=kept_first, item_id=item_id
        )

    async def answers(self, query: Mapping[str, str], *, kept_first: bool = False) -> Fetched[AnswersPage]:
        """The answers that a figure was counted from; ``query`` as the rows of tables name it."""
        return await self._reader.model(AnswersPage, "/insight/answers", kept_first=kept_first, **query)

    async def table(
        self, name: str, month: str | None = None, *, kept_first: bool = False, **query: Any
    ) -> Fetched[NetworkTable]:
        """A table of the figures by name, of the scope's newest closed month or of another.

        ``query``: source, for tables that compare people or dealers.
        """
        return await self._reader.model(
            NetworkTable, f"/insight/tables/{name}", kept_first=kept_first, month=month, **query
        )

    async def review(self, dealer_id: str, source: str, month: str) -> None:
        """Tell the server that somebody has looked into a conflict; needs the network."""
        values = {"dealer_id": dealer_id, "source": source, "month": month}
        await self._api.call("POST", "/insight/reviews", body=values)

    async def photo(self, sha256: str) -> bytes:
        """A photo of the evidence; NOT_FOUND or NOT_ALLOWED as the server says."""
        return (await self._api.call("GET", f"/media/blob/{sha256}")).content

"""Who may be owner or supervisor at a dealer: the server's directory, with the copy last read for offline."""

from __future__ import annotations

from pydantic import TypeAdapter

from field_app.insight.workflow import CachedReader, Fetched
from field_app.store import Store
from field_app.sync.api import Api
from shared_models.people.wire import DirectoryEntry

_ENTRIES = TypeAdapter(tuple[DirectoryEntry, ...])


class Directory:
    """GET /people/directory per dealer."""

    def __init__(self, store: Store, api: Api) -> None:
        self._reader = CachedReader(store, api)

    async def at(self, dealer_id: str, *, kept_first: bool = False) -> Fetched[tuple[DirectoryEntry, ...]]:
        """The dealer's own people first, then those above it; SERVER_UNREACHABLE without network or copy."""
        got = await self._reader.read("/people/directory", kept_first=kept_first, dealer_id=dealer_id)
        entries = sorted(_ENTRIES.validate_python(got.value), key=lambda one: (not one.at_dealer, one.name))
        return Fetched(tuple(entries), got.fetched_at, got.live)

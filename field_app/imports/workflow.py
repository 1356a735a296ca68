"""Survey files from this device: sent to the server with a saved mapping, and what became of their rows."""

from __future__ import annotations

import httpx
from pydantic import TypeAdapter

from field_app.insight.workflow import CachedReader, Fetched
from field_app.store import Store
from field_app.sync.api import Api
from shared_models.imports.wire import ImportBatch, ImportReport, MappingSummary

_MAPPINGS = TypeAdapter(tuple[MappingSummary, ...])
_BATCHES = TypeAdapter(tuple[ImportBatch, ...])


class Imports:
    """Routes /imports; lists are kept for offline, a file is sent only online."""

    def __init__(self, store: Store, api: Api) -> None:
        self._reader = CachedReader(store, api)
        self._api = api

    async def mappings(self, *, kept_first: bool = False) -> Fetched[tuple[MappingSummary, ...]]:
        """Saved mappings."""
        got = await self._reader.read("/imports/mappings", kept_first=kept_first)
        return Fetched(_MAPPINGS.validate_python(got.value), got.fetched_at, got.live)

    async def batches(self, *, kept_first: bool = False) -> Fetched[tuple[ImportBatch, ...]]:
        """Imported files, newest first."""
        got = await self._reader.read("/imports/batches", kept_first=kept_first)
        return Fetched(_BATCHES.validate_python(got.value), got.fetched_at, got.live)

    async def report(self, batch_id: str, *, kept_first: bool = False) -> Fetched[ImportReport]:
        """What was found in the rows of one file."""
        return await self._reader.model(ImportReport, f"/imports/batches/{batch_id}", kept_first=kept_first)

    async def send(self, name: str, data: bytes, mapping: str) -> ImportReport:
        """Import a file. FILE_UNREADABLE, COLUMN_MISSING, TOO_LARGE and others as the server says."""
        form = httpx.Request(
            "POST",
            "http://form",
            data={"mapping": mapping},
            files={"file": (name, data, "application/octet-stream")},
        )
        answer = await self._api.call(
            "POST",
            "/imports/files",
            content=form.read(),
            headers={"Content-Type": form.headers["Content-Type"]},
        )
        return ImportReport.model_validate(answer.json())

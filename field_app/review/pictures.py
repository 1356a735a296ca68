"""Photos of others on this device: from the local files, else from the server, then kept for offline."""

from __future__ import annotations

from field_app.people.workflow import Workspace


async def picture(work: Workspace, sha256: str) -> bytes:
    """The bytes of a photo; raises SERVER_UNREACHABLE, NOT_FOUND and other problems of the server."""
    kept = await work.store.blobs.get(sha256)
    if kept is not None:
        return kept
    data = await work.insight.photo(sha256)
    await work.store.blobs.put(sha256, data)
    return data

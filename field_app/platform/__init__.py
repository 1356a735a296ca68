"""The device under the app: storage, photos, files, network, time zone, updates. Two platforms, one contract.

`platform()` gives the one of this process: `browser` in the PWA, `native` elsewhere. Screens and workflows
use this contract and never look at `sys.platform`. Order at start:

    device = platform()
    if not await device.claim_writer():        # another tab or process has the data: say so, then
        await device.wait_for_writer()         # returns when the other is gone and this one took over
    store = await device.open_store("device")  # raises StorageUnavailable: this browser cannot keep data
    with Session(store.engine) as session:     # ordinary synchronous SQLModel
        session.add(row)
        session.commit()
    await store.durable()                      # now, and not before, "saved" may be shown
    await device.blobs.put(sha256, photo)      # durable when it returns

Stores: "opfs" (synchronous access handles) and "native" are durable at commit, `durable()` returns at once;
"indexeddb" (browsers without access handles) writes at `durable()`. Nobody outside may depend on which it is.
"""

from __future__ import annotations

from field_app.platform.contract import (
    AppUpdate,
    Blobs,
    LocalStore,
    Microphone,
    Platform,
    Recording,
    SavedFile,
    StorageEstimate,
    StorageFull,
    StorageUnavailable,
    UpdateState,
)
from field_app.platform.current import platform

__all__ = [
    "AppUpdate",
    "Blobs",
    "LocalStore",
    "Microphone",
    "Platform",
    "Recording",
    "SavedFile",
    "StorageEstimate",
    "StorageFull",
    "StorageUnavailable",
    "UpdateState",
    "platform",
]

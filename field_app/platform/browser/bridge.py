"""The one door to JavaScript: Pyodide's modules, typed as far as Python can know."""

from __future__ import annotations

from typing import Any

import js  # pyright: ignore[reportMissingImports]
from pyodide.ffi import JsException, create_proxy, to_js  # pyright: ignore[reportMissingImports]

from field_app.platform.contract import StorageFull, StorageUnavailable

scope: Any = js
"""The worker's global scope."""
page: Any = js.revisit
"""What assets/pwa/platform.mjs exports."""
JsError: type[Exception] = JsException

_FULL = {"QuotaExceededError"}
_REFUSED = {"NotSupportedError", "SecurityError", "InvalidStateError"}


def to_bytes(view: Any) -> bytes:
    """Python bytes of a Uint8Array."""
    return bytes(view.to_bytes())


def from_bytes(data: bytes) -> Any:
    """A Uint8Array of its own with these bytes."""
    return to_js(data)


def options(values: dict[str, Any]) -> Any:
    """A plain JavaScript object."""
    return to_js(values, dict_converter=js.Object.fromEntries)


def kept(function: Any) -> Any:
    """A Python function as a JavaScript one that is never collected."""
    return create_proxy(function)


def storage_problem(error: Exception) -> Exception:
    """The typed problem for a JavaScript error of the storage, or the error itself."""
    name = str(getattr(error, "name", ""))
    if name in _FULL:
        return StorageFull()
    if name in _REFUSED:
        return StorageUnavailable()
    return error

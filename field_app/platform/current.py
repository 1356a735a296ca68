"""The platform of this process; the one place that asks which it is."""

from __future__ import annotations

import sys
from functools import lru_cache

from field_app.platform.contract import Platform


@lru_cache(maxsize=1)
def platform() -> Platform:
    """The device under the app (made once)."""
    if sys.platform == "emscripten":
        from field_app.platform.browser import BrowserPlatform

        return BrowserPlatform()
    from field_app.platform.native import NativePlatform

    return NativePlatform()

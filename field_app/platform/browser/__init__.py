"""The app in a browser: Python in a worker, storage and device by the modules of assets/pwa."""

from __future__ import annotations

from field_app.platform.browser.device import BrowserPlatform

__all__ = ["BrowserPlatform"]

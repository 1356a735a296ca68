"""The app as a process of its own: desktop, or packaged for a phone or tablet."""

from __future__ import annotations

from field_app.platform.native.device import NativePlatform, data_folder

__all__ = ["NativePlatform", "data_folder"]

"""revisit version."""

from __future__ import annotations

import platform

from sync_server.cli.options import AsJson
from sync_server.cli.output import show
from sync_server.settings import VERSION


def version(as_json: AsJson = False) -> None:
    """Print the build."""
    data = {"revisit": VERSION, "python": platform.python_version()}
    show(data, as_json, lambda: print(f"Revisit {VERSION} (Python {platform.python_version()})"))

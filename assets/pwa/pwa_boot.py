"""First Python of the PWA: settles the interpreter after a start or from a snapshot, then runs the app."""

from __future__ import annotations

import json
import os
import pkgutil
import runpy


def prepare(restored: bool) -> None:
    """Make a (restored) interpreter safe and fast: fresh randomness, the list of icons at hand."""
    if restored:
        import random

        random.seed()  # a snapshot carries the generator's state of build time to every device
    # Pydantic looks for plugins of its own in every library of the archive; the app ships none.
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"
    _read_icons()


def _read_icons() -> None:
    """Give Flet its list of icons: it would look for the file by listing the whole archive first."""
    from flet.controls.material import icons

    data = pkgutil.get_data("flet.controls.material", "icons.json")
    if data is not None:
        icons.Icons._map = json.loads(data)


def run(module: str) -> None:
    """Run the app's module as a program; it starts a Flet session and returns."""
    runpy.run_module(module, run_name="__main__")

"""``python -m field_app``: the field app on this machine, as a window, or in a browser with ``--port``."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import flet as ft

from field_app.app import main
from shared_models.messages import messages_dir


def run() -> None:
    """Read the options and run until the window is closed (or Ctrl-C)."""
    parser = argparse.ArgumentParser(prog="field_app", description=__doc__)
    parser.add_argument("--port", type=int, help="serve the app to a browser at this port (0: a free one)")
    parser.add_argument("--data", type=Path, help="folder of this device's data")
    options = parser.parse_args()
    if options.data:
        os.environ["REVISIT_DEVICE_DIR"] = str(options.data)
    window = options.port is None
    ft.run(
        main,
        name="",
        host=None if window else "127.0.0.1",
        port=options.port or 0,
        view=ft.AppView.FLET_APP if window else None,
        assets_dir=str(messages_dir().parent),
        no_cdn=True,
        route_url_strategy=ft.RouteUrlStrategy.HASH,
    )


if __name__ == "__main__":
    run()

"""``python -m field_app``: the field app on this machine, as a window, or in a browser with ``--port``."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

import flet as ft

from field_app.app import main
from shared_models.messages import match_language, messages_dir, words


def run() -> None:
    """Read the options and run until the window is closed (or Ctrl-C).

    Without Flet's desktop client (the package flet-desktop, which fetches it when first used) there is no
    window: the app is then served to this machine's browser, with the same native stores behind it.
    """
    parser = argparse.ArgumentParser(prog="field_app", description=__doc__)
    parser.add_argument("--port", type=int, help="serve the app to a browser at this port (0: a free one)")
    parser.add_argument("--data", type=Path, help="folder of this device's data")
    options = parser.parse_args()
    if options.data:
        os.environ["REVISIT_DEVICE_DIR"] = str(options.data)
    t = words(match_language(os.environ.get("REVISIT_LANGUAGE") or os.environ.get("LANG")))
    window = options.port is None and find_spec("flet_desktop") is not None
    view: ft.AppView | None = ft.AppView.FLET_APP
    port = 0
    if not window:
        port = options.port or _free_port()
        view = ft.AppView.WEB_BROWSER if options.port is None else None
        if options.port is None:
            print(t("app.native.no_window"), file=sys.stderr)
        print(t("app.native.address", url=f"http://127.0.0.1:{port}/"), file=sys.stderr, flush=True)
    ft.run(
        main,
        name="",
        host=None if window else "127.0.0.1",
        port=port,
        view=view,
        assets_dir=str(messages_dir().parent),
        no_cdn=True,
        route_url_strategy=ft.RouteUrlStrategy.HASH,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    run()

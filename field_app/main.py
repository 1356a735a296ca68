"""Entry of the app; in the PWA this module is run as the program."""

from __future__ import annotations

import flet as ft

from field_app.app import main

__all__ = ["main"]

if __name__ == "__main__":
    ft.run(main)

"""Filters that stay: in the address, so that a link shares them, and on the device for who set them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import flet as ft

from field_app.shell.hooks import use_value
from field_app.shell.ui import Ui

W = TypeVar("W")


def read_filters(first: W, given: Mapping[str, Any]) -> W:
    """``first`` (a dataclass of texts and yes/no) with what is given; what it does not know is left out."""
    values: dict[str, Any] = asdict(cast(Any, first))
    for name, usual in list(values.items()):
        if name in given and isinstance(usual, bool):
            values[name] = given[name] in (True, "1")
        elif name in given and isinstance(usual, str):
            values[name] = str(given[name])
    return type(first)(**values)


def filter_values(value: Any, first: Any) -> dict[str, str]:
    """What differs from the first state, as texts for an address."""
    found: dict[str, str] = {}
    for name, given in asdict(value).items():
        if isinstance(given, str | bool) and given != getattr(first, name):
            found[name] = ("1" if given else "0") if isinstance(given, bool) else given
    return found


def address(path: str, value: Any, first: Any) -> str:
    """The path with the filters behind it."""
    query = urlencode(filter_values(value, first))
    return f"{path}?{query}" if query else path


def asked_in(route: str, path: str) -> dict[str, str]:
    """The filters that an address names, if it is that of this path."""
    parts = urlsplit(route)
    return dict(parse_qsl(parts.query)) if parts.path == path else {}


def use_filters(ui: Ui, path: str, first: W) -> tuple[W, Callable[[W], None]]:
    """A screen's filters and the way to set them.

    What the address names counts before what the person had set here last. Fields that are neither text nor
    yes/no (how much of a list is shown) neither stay nor travel.
    """
    ft.use_route_location()  # drawn again when the address changes
    accounts = ui.app.accounts
    key = f"filters:{ui.work.access.person_id}:{path}"
    linked = asked_in(ui.page.route or "", path)
    stored: Mapping[str, Any] = accounts.setting(key, {}) or {}
    value, put = use_value(read_filters(first, linked or stored))
    known, know = use_value((linked, linked))
    if linked and linked not in known:
        value = read_filters(first, linked)  # a link was opened, or the way back was taken

    def want(wanted: W) -> None:
        now = filter_values(wanted, first)
        put(wanted)
        know((linked, now))  # until the address has followed, the old one says nothing new
        if now == filter_values(value, first):
            return

        async def keep() -> None:
            await accounts.set_setting(key, now)

        ui.page.run_task(keep)
        ui.go(address(path, wanted, first))

    return value, want


def link_of(server: str, path: str, value: Any, first: Any) -> str:
    """The whole address of a screen with its filters, to be sent to somebody."""
    return f"{server.rstrip('/')}/app/#{address(path, value, first)}"

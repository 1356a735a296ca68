"""Polars by its own names, loaded when the first of them is used.

It takes 23 MB, which a server that nobody has asked for a figure does without:
``from sync_server.insight import frames as pl``, and nothing of it at the top of a module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polars import *  # noqa: F403  # pyright: ignore[reportWildcardImportFromLibrary]


def __getattr__(name: str) -> Any:
    import polars

    found = getattr(polars, name)
    globals()[name] = found  # the next one does not come here
    return found

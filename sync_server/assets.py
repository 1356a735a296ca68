"""Where the program's own data files are: checklists, messages, fonts, demo inputs."""

from __future__ import annotations

import os
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def assets_dir() -> Path:
    """The assets folder: ``REVISIT_ASSETS``, else the checkout's ``assets/``, else the wheel's own copy.

    Raises FileNotFoundError that names every place looked at when none of them holds the checklists.
    """
    chosen = os.environ.get("REVISIT_ASSETS")
    places = [Path(chosen)] if chosen else [_PACKAGE.parent / "assets", _PACKAGE / "_bundle" / "assets"]
    for place in places:
        # A folder named assets may belong to somebody else (site-packages/assets): ours holds the ledger.
        if (place / "checklists" / "items.yaml").is_file():
            return place
    looked = ", ".join(str(place) for place in places)
    raise FileNotFoundError(f"no assets folder with checklists/items.yaml; looked at {looked}")

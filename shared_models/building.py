"""When Pydantic builds the validators of a model: on a server at once, in a browser when first asked for.

A start in the browser needs a few tables and none of the wire, and building every validator is a good part of
it. A server needs them all, and FastAPI describes a body only by a model that is complete.
"""

from __future__ import annotations

import sys
from typing import Final

LATER: Final = sys.platform == "emscripten"
"""Value of ``defer_build`` in the configuration of every model here."""

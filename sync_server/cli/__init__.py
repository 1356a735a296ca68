"""The command line ``revisit``: thin commands over the services of the slices."""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with an exit code that means something (docs/cli.md)."""
    from sync_server.cli.app import run

    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


__all__ = ["main"]

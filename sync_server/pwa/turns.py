"""One build at a time in one cache, whichever process or thread it runs in."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_POLL = 0.2  # seconds between looks at another build's lock


@contextmanager
def in_turn(lock: Path) -> Generator[None]:
    """Wait until no other build holds the lock file, then hold it; the system lets go when a process dies."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("ab") as file:
        while not _taken(file):
            time.sleep(_POLL)
        yield


def _taken(file: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

"""Durable files: write beside, flush, rename, flush the folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from field_app.platform.contract import StorageFull

_FULL = {errno.ENOSPC, errno.EDQUOT}


def flush_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut (Windows journals it, and opens no folders)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """The whole file, or none; durable on return. Raises StorageFull."""
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        flush_folder(path.parent)
    except OSError as error:
        part.unlink(missing_ok=True)
        if error.errno in _FULL:
            raise StorageFull from error
        raise

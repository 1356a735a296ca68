"""A rescue file, read and checked before anything of it is taken in (docs/sync-protocol.md, "Rescue")."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError

from shared_models.problems import Code, Place, Problem, Reason
from sync_server.reasons import at, no_part, no_zip

FORMAT = 1
SET_ASIDE = "set_aside"
"""State of ops that the person gave up: they stay out."""
_CHUNK = 1024 * 1024


class Media(BaseModel):
    """A file without a receipt, as the device listed it."""

    sha256: str
    size: int
    mime: str
    present: bool


class Manifest(BaseModel):
    """Who saved the file, on which device, and what is in it."""

    format: int
    made_at: str
    login: str = ""
    person_id: str
    device_id: str
    epoch: str
    ops: int
    media: list[Media]


@dataclass(frozen=True)
class RescueFile:
    """An open rescue file whose records are all readable."""

    archive: zipfile.ZipFile
    manifest: Manifest
    ops: list[dict[str, Any]]
    """Ops to push, in the device's order, without ``local``."""
    set_aside: int

    def media(self, sha256: str) -> Generator[bytes]:
        """The bytes of a file in pieces; RESCUE_DAMAGED where they are not those of its name."""
        digest = hashlib.sha256()
        name = f"media/{sha256}"
        try:
            with self.archive.open(name) as source:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    yield chunk
        except (KeyError, zipfile.BadZipFile, EOFError) as error:
            raise _damaged(name, no_part(name, error)) from error
        if digest.hexdigest() != sha256:
            raise damaged(name, "SHA-256")


def damaged(place: str, reason: str) -> Problem:
    """RESCUE_DAMAGED naming the part that cannot be read."""
    return _damaged(place, at(place, reason), reason)


def _damaged(place: str, told: Reason, short: str = "ZIP") -> Problem:
    return Problem(Code.RESCUE_DAMAGED, {"reason": told}, [Place(place, short)])


@contextmanager
def open_rescue(path: Path) -> Generator[RescueFile]:
    """Open a rescue file and check all of it, media included, before anything is taken in.

    Raises RESCUE_DAMAGED for a file that is no zip, that lacks a part it lists, or whose bytes have changed.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise _damaged(path.name, no_zip(path.name)) from error
    with archive:
        manifest = _manifest(archive)
        ops, set_aside = _ops(archive, manifest)
        rescue = RescueFile(archive, manifest, ops, set_aside)
        for one in manifest.media:
            if one.present:
                for _ in rescue.media(one.sha256):
                    pass
        yield rescue


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except (KeyError, zipfile.BadZipFile, EOFError, RuntimeError) as error:
        raise _damaged(name, no_part(name, error)) from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(_read(archive, "manifest.json"))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise damaged("manifest.json", ".".join(map(str, first["loc"])) or first["msg"]) from error
    if manifest.format != FORMAT:
        raise damaged("manifest.json", f"format {manifest.format}")
    return manifest


def _ops(archive: zipfile.ZipFile, manifest: Manifest) -> tuple[list[dict[str, Any]], int]:
    ops: list[dict[str, Any]] = []
    set_aside = 0
    lines = _read(archive, "ops.jsonl").decode("utf-8", "replace").splitlines()
    if len(lines) != manifest.ops:
        raise damaged("ops.jsonl", f"{len(lines)} of {manifest.ops} lines")
    for number, line in enumerate(lines, start=1):
        try:
            op: Any = json.loads(line)
        except ValueError as error:
            raise damaged(f"ops.jsonl:{number}", "JSON") from error
        if not isinstance(op, dict):
            raise damaged(f"ops.jsonl:{number}", "object")
        plain = cast(dict[str, Any], op)
        local = plain.pop("local", None)
        state = cast(dict[str, Any], local).get("state") if isinstance(local, dict) else None
        if state == SET_ASIDE:
            set_aside += 1
        else:
            ops.append(plain)
    return sorted(ops, key=lambda one: (str(one.get("epoch")), int(one.get("seq") or 0))), set_aside

"""Identifiers: UUID version 7 (RFC 9562), made where the thing is made. They never order anything."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
import uuid
from collections.abc import Callable, Collection

_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LINES = re.compile(r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\n)*")
_LINE = 37
"""Characters of an id and a line break."""


def new_id(
    *,
    milliseconds: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    randomness: Callable[[int], int] = secrets.randbits,
) -> str:
    """A new UUIDv7 as text; the clock (Unix milliseconds) and the randomness (n bits) can be passed in."""
    stamp = milliseconds() & ((1 << 48) - 1)
    number = (stamp << 80) | (0x7 << 76) | (randomness(12) << 64) | (0b10 << 62) | randomness(62)
    return str(uuid.UUID(int=number))


def derived_id(*parts: str) -> str:
    """The id of a row that its natural key already names (UUIDv8, SHA-256 of the parts).

    Two devices that answer the same question of the same visit write the same row, so the field rules merge
    them instead of a uniqueness refusing the second. Below a part that is an id itself it begins like
    that one: what belongs together lies together in every index, so that writing it touches few pages.
    """
    number = int.from_bytes(hashlib.sha256("\x1f".join(parts).encode()).digest()[:16], "big")
    owner = next(filter(is_id, parts), None)
    if owner is not None:
        number = number & ((1 << 80) - 1) | (int(owner[:8] + owner[9:13], 16) << 80)
    number = number & ~(0xF << 76) & ~(0b11 << 62) | (0x8 << 76) | (0b10 << 62)
    return str(uuid.UUID(int=number))


def is_id(text: object) -> bool:
    """Whether this is the canonical text of a UUID."""
    return isinstance(text, str) and _CANONICAL.fullmatch(text) is not None


def are_ids(texts: Collection[str]) -> bool:
    """Whether all of these are, looked at in one go."""
    lines = "".join([f"{text}\n" for text in texts])
    # a text that holds a line break of its own is longer than one line
    return len(lines) == _LINE * len(texts) and _LINES.fullmatch(lines) is not None

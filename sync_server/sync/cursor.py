"""The pull cursor: opaque to the device, small, and honest about the scope it was given for."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

FROM_NOTHING = "*"
"""As ``old``: the device is reading a snapshot, it held nothing before."""


@dataclass(frozen=True)
class Cursor:
    """How far a device has read.

    ``position``: sequence number up to which it has all of the scope ``fingerprint``. While a change of scope
    (or a snapshot) is being worked off, the journal is read from the beginning, ``old`` is the scope held
    before and ``complete`` the number up to which the device is up to date in that scope.
    """

    position: int
    fingerprint: str
    old: str = ""
    complete: int = 0

    def to_text(self) -> str:
        """The text that travels."""
        data = json.dumps([self.position, self.fingerprint, self.old, self.complete], separators=(",", ":"))
        return base64.urlsafe_b64encode(data.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        """The cursor of its text; None if it is not one of ours."""
        try:
            data = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            position, fingerprint, old, complete = data
        except (ValueError, TypeError, binascii.Error):
            return None
        whole = [value for value in (position, complete) if isinstance(value, int) and value >= 0]
        if len(whole) != 2 or not isinstance(fingerprint, str) or not isinstance(old, str):
            return None
        return cls(position, fingerprint, old, complete)

"""On which lines photos and recordings are sent. Records are small and never wait."""

from __future__ import annotations

from enum import StrEnum

ASK_ABOVE_MB = 10
"""Megabytes of waiting files from which on the person is asked, where that is chosen."""
SETTING = "files_line"
"""The device setting that holds the policy."""


class FilePolicy(StrEnum):
    """When files are sent by themselves."""

    ALWAYS = "always"
    ASK = "ask"
    """On a metered line only up to ASK_ABOVE_MB; more waits for the person's word."""
    WIFI = "wifi"
    """Only on a line that is known not to be metered."""


def waits_for(policy: str, metered: bool | None, waiting: int) -> str:
    """What ``waiting`` bytes of files wait for: "" (nothing), "wifi" or "ask".

    ``metered`` is None where the device does not tell: then the careful answer counts. A policy that this
    build does not know counts as ALWAYS.
    """
    if metered is False:
        return ""
    if policy == FilePolicy.WIFI:
        return "wifi"
    return "ask" if policy == FilePolicy.ASK and waiting > ASK_ABOVE_MB * 1_000_000 else ""

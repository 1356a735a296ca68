"""Why an archive or a part of it could not be read, for people: never the library's own English."""

from __future__ import annotations

from shared_models.problems import Reason


def no_zip(name: str) -> Reason:
    """The file itself is no archive, or not a whole one."""
    return Reason("problems.reason.at", {"place": name, "why": Reason("problems.reason.no_zip")})


def no_part(place: str, error: Exception) -> Reason:
    """A part of the archive; KeyError stands for one that is not there."""
    missing = isinstance(error, KeyError)
    why = Reason("problems.reason.missing_part" if missing else "problems.reason.damaged_part")
    return Reason("problems.reason.at", {"place": place, "why": why})

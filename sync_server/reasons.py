"""Why an archive or a part of it could not be read, for people: never the library's own English."""

from __future__ import annotations

from shared_models.problems import Reason


def at(place: str, why: Reason | str) -> Reason:
    """A reason with the place that it is about."""
    return Reason("problems.reason.at", {"place": place, "why": why})


def no_zip(name: str) -> Reason:
    """The file itself is no archive, or not a whole one."""
    return at(name, Reason("problems.reason.no_zip"))


def damaged_part(place: str) -> Reason:
    """A part of the archive does not hold what it should."""
    return at(place, Reason("problems.reason.damaged_part"))


def no_part(place: str, error: Exception) -> Reason:
    """A part of the archive could not be read; KeyError stands for one that is not there."""
    if isinstance(error, KeyError):
        return at(place, Reason("problems.reason.missing_part"))
    return damaged_part(place)

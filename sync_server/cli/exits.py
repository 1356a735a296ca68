"""Exit codes of the command line and which problem ends with which."""

from __future__ import annotations

from enum import IntEnum

from shared_models.problems import Code


class Exit(IntEnum):
    """What the exit code of a command says."""

    OK = 0
    DATA = 1  # the data is not as it should be: rows refused, plan incomplete, something not found
    USAGE = 2  # the command was not understood
    ENVIRONMENT = 3  # the machine or the installation: port, disk, database, missing tool


_ENVIRONMENT = frozenset(
    {
        Code.PORT_BUSY,
        Code.DATABASE_UNREACHABLE,
        Code.DATABASE_TOO_NEW,
        Code.DATABASE_DAMAGED,
        Code.NOT_INITIALISED,
        Code.OVERLOADED,
        Code.INTERNAL,
        Code.DISK_FULL,
        Code.SERVER_FULL,
        Code.FOLDER_NOT_WRITABLE,
        Code.PWA_BUILD_FAILED,
        Code.TOOL_MISSING,
        Code.DATABASE_IN_USE,
    }
)
_USAGE = frozenset({Code.SETTING_INVALID, Code.MAPPING_UNKNOWN})


def exit_of(code: Code) -> Exit:
    """The exit code that goes with a problem."""
    if code in _ENVIRONMENT:
        return Exit.ENVIRONMENT
    return Exit.USAGE if code in _USAGE else Exit.DATA

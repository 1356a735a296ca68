"""Notes first, coding later: short notes with the time of day, kept as lines of the visit's own note."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"^(?P<at>[0-2]\d:[0-5]\d) (?P<words>.+)$")


@dataclass(frozen=True)
class QuickNote:
    """One line; ``at`` is the local time of day it was written, "" where it was written otherwise."""

    at: str
    words: str

    def line(self) -> str:
        """The note as it stands in the visit's note, and later in the comment of the answer it belongs to."""
        return f"{self.at} {self.words}" if self.at else self.words


def read_notes(note: str) -> tuple[QuickNote, ...]:
    """The notes of a visit's note, in order; a line without time is one as well."""
    found: list[QuickNote] = []
    for line in note.splitlines():
        match = _LINE.match(line.strip())
        if match is not None:
            found.append(QuickNote(match["at"], match["words"]))
        elif line.strip():
            found.append(QuickNote("", line.strip()))
    return tuple(found)


def with_note(note: str, at: str, words: str) -> str:
    """The visit's note with one more line; what was written stays as it is."""
    line = QuickNote(at, " ".join(words.split())).line()
    return f"{note.rstrip()}\n{line}" if note.strip() else line


def without_note(note: str, place: int) -> str:
    """The visit's note without one of its notes, by its place."""
    kept = [one.line() for at, one in enumerate(read_notes(note)) if at != place]
    return "\n".join(kept)

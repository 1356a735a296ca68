"""Imports on the wire: what a survey file brought, row by row where something was wrong."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared_models.building import LATER
from shared_models.checklists.document import Bilingual
from shared_models.checklists.stages import Source
from shared_models.imports.mapping import CheckLevel, FileKind


class RowReason(StrEnum):
    """Why a row of a file is listed; words in ``imports.reason.<value>``."""

    KEY_MISSING = "key_missing"
    DEALER_MISSING = "dealer_missing"
    DEALER_UNKNOWN = "dealer_unknown"
    DEALER_AMBIGUOUS = "dealer_ambiguous"
    DEALER_NAME_DIFFERS = "dealer_name_differs"
    DATE_MISSING = "date_missing"
    DATE_UNREADABLE = "date_unreadable"
    DATE_IMPOSSIBLE = "date_impossible"
    DATE_IN_FUTURE = "date_in_future"
    DATE_OUTSIDE_WAVE = "date_outside_wave"
    DATE_BEFORE_EVENT = "date_before_event"
    OUTCOME_UNKNOWN = "outcome_unknown"
    ANSWER_UNKNOWN = "answer_unknown"
    RATING_UNREADABLE = "rating_unreadable"
    RATING_OUT_OF_RANGE = "rating_out_of_range"
    NUMBER_UNREADABLE = "number_unreadable"
    PHONE_INVALID = "phone_invalid"
    TOO_MANY_CELLS = "too_many_cells"
    CONFLICT = "conflict"


class _Wire(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=LATER)


class RowFinding(_Wire):
    """One thing wrong with one row."""

    row: int
    """As in the file: 1 is its first row (SPSS: its first case)."""
    column: str
    reason: RowReason
    value: str
    """What stood there; names, plates and telephone numbers masked."""
    level: CheckLevel = CheckLevel.REJECT
    other_row: int | None = None
    """conflict: the earlier row of the same file that holds the same key."""


class ImportCounts(_Wire):
    """What became of the rows. read = loaded + revised + unchanged + duplicates + rejected + skipped."""

    read: int = 0
    """Rows below the headings."""
    loaded: int = 0
    """New responses."""
    revised: int = 0
    """Responses that this file changes; what they said before is kept."""
    unchanged: int = 0
    """Rows that an earlier file brought word for word."""
    duplicates: int = 0
    """Rows that repeat an earlier row of the same file word for word."""
    rejected: int = 0
    """Rows listed and not loaded (conflicts included)."""
    skipped: int = 0
    """Blank rows and rows that are no data, such as totals."""
    noted: int = 0
    """Rows that were loaded although something about them is worth a look."""
    observations: int = 0
    """Observations added to the item ledger."""
    reasons: dict[RowReason, int] = {}
    """Findings by reason; a row can have several."""
    dispositions: dict[str, int] = {}
    """Good rows by outcome."""
    answers: dict[str, int] = {}
    """Execution answers of completed interviews by state; blanks under ``blank``."""


class ImportBatch(_Wire):
    """One file as it was imported."""

    id: str
    file_name: str
    file_sha256: str
    file_size: int
    mapping: str
    mapping_sha256: str
    source: Source
    imported_by: str
    imported_at: str
    encoding: str
    counts: ImportCounts
    repeated: bool = False
    """The very same file was imported before with this mapping, and it changed nothing now."""


class ImportReport(_Wire):
    """A batch with everything that was found in its rows."""

    batch: ImportBatch
    findings: tuple[RowFinding, ...]
    findings_total: int
    """All findings; ``findings`` may be cut."""


class MappingSummary(_Wire):
    """A saved mapping in a list."""

    name: str
    title: Bilingual
    house: str
    source: Source
    format: FileKind
    version: int
    """0: as it comes with the program, never edited."""
    updated_at: str | None

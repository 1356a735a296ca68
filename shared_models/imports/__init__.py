"""Imports: the column mapping of a survey house and the report of an import."""

from shared_models.imports.mapping import (
    AnswerWords,
    CheckLevel,
    DateForm,
    DayColumn,
    ExecutionColumn,
    FileKind,
    RatingColumn,
    SurveyMapping,
)
from shared_models.imports.wire import (
    ImportBatch,
    ImportCounts,
    ImportReport,
    MappingSummary,
    RowFinding,
    RowReason,
)

__all__ = [
    "AnswerWords",
    "CheckLevel",
    "DateForm",
    "DayColumn",
    "ExecutionColumn",
    "FileKind",
    "ImportBatch",
    "ImportCounts",
    "ImportReport",
    "MappingSummary",
    "RatingColumn",
    "RowFinding",
    "RowReason",
    "SurveyMapping",
]

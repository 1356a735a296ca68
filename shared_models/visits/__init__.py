"""Visits: tables, states, scoring, completeness, the sealed manifest and the test-drive timeline."""

from shared_models.visits.clocks import clock_tone
from shared_models.visits.completeness import Completeness, completeness
from shared_models.visits.corrections import corrected, corrected_by_key
from shared_models.visits.manifest import build_manifest, verify_manifest
from shared_models.visits.scoring import SectionScore, VisitScore, question_fraction, score_visit
from shared_models.visits.states import VISIT_TRANSITIONS, VisitStatus, next_visit_status
from shared_models.visits.tables import (
    Answer,
    Assignment,
    Attachment,
    Correction,
    ReviewNote,
    TestDrive,
    TestDriveEvent,
    Visit,
)
from shared_models.visits.test_drive import EVENTS, Timeline, timeline

__all__ = [
    "EVENTS",
    "VISIT_TRANSITIONS",
    "Answer",
    "Assignment",
    "Attachment",
    "Completeness",
    "Correction",
    "ReviewNote",
    "SectionScore",
    "TestDrive",
    "TestDriveEvent",
    "Timeline",
    "Visit",
    "VisitScore",
    "VisitStatus",
    "build_manifest",
    "clock_tone",
    "completeness",
    "corrected",
    "corrected_by_key",
    "next_visit_status",
    "question_fraction",
    "score_visit",
    "timeline",
    "verify_manifest",
]

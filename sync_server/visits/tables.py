"""What the server alone notes about a visit."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, Text, UniqueConstraint
from sqlmodel import SQLModel

from shared_models.columns import ExactDecimal, Instant, Json

visit_check = Table(
    "visit_check",
    SQLModel.metadata,
    Column("visit_id", String(36), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("device_score", ExactDecimal),
    Column("server_score", ExactDecimal),
    Column("flag", String(20), nullable=False),
    Column("checked_at", Instant, nullable=False),
)
"""The score as the device sent it and as the server computed it, per submission; ``flag`` is
``score_differs`` where they disagree. It is shown to reviewers and never overwrites what was submitted."""


double_visit = Table(
    "double_visit",
    SQLModel.metadata,
    Column("second_id", String(36), primary_key=True),
    Column("first_id", String(36), nullable=False, index=True),
    Column("made_by", String(36), nullable=False),
    Column("made_at", Instant, nullable=False),
)
"""Two assignments at the same dealer in the same days, so that two people code the same place. Only desks
know: neither visitor is told that there is another one."""

second_coding = Table(
    "second_coding",
    SQLModel.metadata,
    Column("visit_id", String(36), primary_key=True),
    Column("person_id", String(36), primary_key=True),
    Column("answers", Json, nullable=False),
    Column("coded_at", Instant, nullable=False),
)
"""A visit's evidence coded once more by somebody else, without looking at the visitor's answers. ``answers``:
question code -> value, "na" or "unobserved"."""

visit_grade = Table(
    "visit_grade",
    SQLModel.metadata,
    Column("visit_id", String(36), primary_key=True),
    Column("grade", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("graded_by", String(36), nullable=False),
    Column("graded_at", Instant, nullable=False),
)
"""How good the work of a visit was, 1 to 5; for desks alone."""

visit_series = Table(
    "visit_series",
    SQLModel.metadata,
    Column("id", String(36), primary_key=True),
    Column("every", String(8), nullable=False),
    Column("template", String(40), nullable=False),
    Column("dealers", Json, nullable=False),
    Column("people", Json, nullable=False),
    Column("first", Date, nullable=False),
    Column("last", Date, nullable=True),
    Column("from_day", Integer, nullable=False),
    Column("days", Integer, nullable=False),
    Column("values", Json, nullable=False),
    Column("made_by", String(36), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("ended", Boolean, nullable=False),
)
"""Visits planned again and again: ``every`` month or quarter, at each of ``dealers`` by one of ``people`` in
turn, from day ``from_day`` of the period on for ``days`` days; ``values``: texts of the assignments."""

series_visit = Table(
    "series_visit",
    SQLModel.metadata,
    Column("series_id", String(36), primary_key=True),
    Column("period", String(7), primary_key=True),
    Column("dealer_id", String(36), primary_key=True),
    Column("assignment_id", String(36), nullable=True),
    Column("problem", String(40), nullable=False),
    UniqueConstraint("assignment_id"),
)
"""What a series has planned: one line per period (its first month) and dealer; ``problem`` is the code of
what kept it from being planned, and it is then tried again."""

visit_signal = Table(
    "visit_signal",
    SQLModel.metadata,
    Column("visit_id", String(36), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("complete", Boolean, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("signals", Json, nullable=False),
    Column("found_at", Instant, nullable=False),
)
"""What a sent visit looked like beside the others when it came (shared_models.visits.signals), told again
for every revision and once its evidence is ``complete``. ``signals``: list of {kind, weight, values}. Only
desks know."""

double_draw = Table(
    "double_draw",
    SQLModel.metadata,
    Column("assignment_id", String(36), primary_key=True),
    Column("person_id", String(36), nullable=False, index=True),
    Column("place", Integer, nullable=False),
    Column("drawn", Boolean, nullable=False),
    Column("second_id", String(36), nullable=True, index=True),
    Column("problem", String(40), nullable=False),
    Column("drawn_at", Instant, nullable=False),
)
"""The draw of planned visits to be doubled, one line for each that was in it: the ``place``-th of its person.
What is drawn stays drawn; ``problem`` says why a second person could not be planned yet. Only desks know."""

"""The head of a visit under review: when, how long, score, evidence, and what looks odd."""

from __future__ import annotations

from datetime import datetime

import flet as ft

from field_app import theme
from field_app.review.comparison import compared_with
from field_app.review.flags import flags
from field_app.review.widgets.photos import photos
from field_app.shell.parts import card, facts, heading, note, tag, text
from field_app.shell.times import instant_text
from field_app.shell.ui import Ui
from field_app.visits.widgets.progress import percent_text
from field_app.visits.workflow import ReviewSession
from shared_models.visits.places import distance_km
from shared_models.visits.quality import HOLD, LOOK
from shared_models.visits.signals import Judged, weight_of


def summary_card(ui: Ui, session: ReviewSession) -> ft.Control:
    """Everything that is said once for the whole visit."""
    visit, score = session.visit, session.score
    sealed = visit["score"] if visit["score"] is not None else score.percent
    counts = sealed if visit["final_score"] is None else visit["final_score"]
    marks: list[ft.Control] = [
        tag(ui, ui.t(f"visits.status.{visit['status']}"), "accent"),
        tag(ui, ui.t(f"checklists.source.{visit['source']}")),
    ]
    if score.critical_failures:
        words = ui.t("visits.progress.critical", count=len(score.critical_failures))
        marks.append(tag(ui, words, "bad", ft.Icons.PRIORITY_HIGH))
    if visit["revision"]:
        marks.append(tag(ui, ui.t("visits.history.revision", number=visit["revision"]), "accent"))
    parts: list[ft.Control] = [
        ft.Row(
            [
                ft.Container(ft.Row(marks, spacing=6, run_spacing=6, wrap=True), expand=True),
                text(ui, percent_text(ui, counts), "display", theme.ACCENT),
            ],
            vertical_alignment=ft.CrossAxisAlignment.START,
        ),
        facts(ui, _facts(ui, session)),
    ]
    if visit["note"]:
        parts.append(text(ui, ui.t("desk.evidence.said", words=visit["note"])))
    if visit["review_note"]:
        parts.append(note(ui, visit["review_note"], icon=ft.Icons.RATE_REVIEW_OUTLINED))
    odd = flags(
        visit,
        session.dealer,
        session.document,
        session.answers,
        session.answered_at,
        session.attachments,
        compared_with(ui.work.store, visit),
        Judged(session.judged, session.told),
    )
    if odd:
        parts.append(heading(ui, ui.t("review.flags.title")))
        weight = weight_of(odd)
        if weight >= LOOK:
            key = "review.flags.hold" if weight >= HOLD else "review.flags.look"
            parts.append(text(ui, ui.t(key, weight=weight), "small"))
        parts += [
            note(
                ui,
                ui.t(f"review.flag.{flag.kind}", **flag.values),
                "bad" if flag.weight >= LOOK else "warn",
                ft.Icons.FLAG_OUTLINED,
            )
            for flag in odd
        ]
    whole = [row["sha256"] for row in session.attachments if not row["question"] and row["kind"] == "photo"]
    if whole:
        parts.append(photos(ui, whole, "visit-photo", ui.t("desk.evidence.photo")))
    return card(*parts)


def _facts(ui: Ui, session: ReviewSession) -> list[tuple[str, str]]:
    visit = session.visit
    rows = [(ui.t("review.fact.dealer"), f"{session.dealer.name.text(ui.language)} · {session.dealer.code}")]
    if visit["visit_date"]:
        rows.append((ui.t("review.fact.day"), visit["visit_date"].isoformat()))
    start, end = visit["started_at"], visit["ended_at"]
    if isinstance(start, datetime) and isinstance(end, datetime):
        minutes = int((end - start).total_seconds() // 60)
        rows.append(
            (
                ui.t("review.fact.time"),
                ui.t(
                    "review.fact.from_to",
                    start=instant_text(ui, start),
                    end=instant_text(ui, end),
                    minutes=minutes,
                ),
            )
        )
    if visit["submitted_at"]:
        rows.append((ui.t("review.fact.submitted"), instant_text(ui, visit["submitted_at"])))
    away = distance_km(visit["start_place"], session.dealer.latitude, session.dealer.longitude)
    if away is not None:
        rows.append((ui.t("review.fact.place"), ui.t("review.fact.away", kilometres=f"{away:.2f}")))
    if visit["final_score"] is not None and visit["score"] is not None:
        rows.append((ui.t("review.fact.first_score"), percent_text(ui, visit["score"])))
    rows.append(
        (
            ui.t("review.fact.answers"),
            ui.t("review.fact.answered", answered=session.score.answered, shown=session.score.shown),
        )
    )
    total = sum(row["kind"] == "photo" for row in session.attachments)
    stored = sum(row["kind"] == "photo" and row["stored_at"] is not None for row in session.attachments)
    rows.append((ui.t("review.fact.photos"), ui.t("review.fact.photos_stored", stored=stored, count=total)))
    if visit["consultant"]:
        rows.append((ui.t("review.fact.consultant"), visit["consultant"]))
    return rows

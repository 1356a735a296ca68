"""The answers behind a figure: failures first, with what was said and shown, from which source."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.insight.widgets.contact import contact_button
from field_app.insight.widgets.figures import age_note
from field_app.insight.workflow import Fetched
from field_app.review.widgets.photos import photos
from field_app.shell.choosing import Option, choose_button
from field_app.shell.hooks import use_value
from field_app.shell.parts import Tone, button, heading, tag, text
from field_app.shell.reading import fresh, use_reading
from field_app.shell.ui import Ui, guarded
from shared_models.checklists.stages import Source
from shared_models.insight import Evidence, EvidenceKind, EvidencePage
from shared_models.surveys import Disposition

PAGE = 20
"""So many answers are read at first, and again with each tap on 'more'."""
_TONES: dict[str, tuple[Tone, ft.IconData]] = {
    "executed": ("good", ft.Icons.CHECK),
    "not": ("bad", ft.Icons.CLOSE),
    "na": ("plain", ft.Icons.REMOVE),
    "unobserved": ("plain", ft.Icons.VISIBILITY_OFF_OUTLINED),
}
Beside = Callable[[int, Evidence], ft.Control | None]
"""What stands at the end of an answer's row, by its place in the list."""


@guarded
def EvidenceList(  # noqa: N802
    ui: Ui,
    dealer_id: str,
    item_id: str,
    months: tuple[str, ...],
    sources: tuple[Source, ...],
    beside: Beside | None = None,
) -> ft.Control:
    """Months newest first; one is shown at a time, of all sources or of one."""
    month, set_month = use_value(months[0])
    source, set_source = use_value("")
    count, set_count = use_value(PAGE)

    async def read(first: Callable[[Fetched[EvidencePage]], None]) -> Fetched[EvidencePage]:
        query: dict[str, object] = {"limit": count}
        if source:
            query["source"] = source
        return await fresh(
            first, lambda kept: ui.work.insight.evidence(dealer_id, item_id, month, kept_first=kept, **query)
        )

    got = use_reading(ui, read, dealer_id, item_id, month, source, count)

    def other_month(key: str) -> None:
        set_count(PAGE)
        set_month(key)

    def other_source(key: str) -> None:
        set_count(PAGE)
        set_source(key)

    source_options = [Option("", ui.t("desk.source.all"))] + [
        Option(one.value, ui.t(f"checklists.source.{one.value}")) for one in sources
    ]
    rows: list[ft.Control] = [
        heading(ui, ui.t("desk.evidence.title")),
        ft.Row(
            [
                choose_button(
                    ui,
                    ui.t("desk.month.label"),
                    "evidence-month",
                    [Option(m, m) for m in months],
                    month,
                    other_month,
                ),
                choose_button(
                    ui, ui.t("desk.source.label"), "evidence-source", source_options, source, other_source
                ),
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        ),
    ]
    stand_in = got.stand_in(ui)
    if stand_in is not None or got.value is None:
        return ft.Column([*rows, stand_in or text(ui, "")], spacing=theme.NEAR, tight=True)
    page = got.value.value
    rows += age_note(ui, got.value)
    if not page.evidence:
        rows.append(text(ui, ui.t("desk.evidence.none"), "small", theme.MUTED))
    rows += [evidence_row(ui, place, one, beside) for place, one in enumerate(page.evidence)]
    left = page.total - len(page.evidence)
    if left > 0:
        label = ui.t("desk.more", count=left)
        rows.append(button(ui, label, "evidence-more", ui.on(lambda: set_count(count + PAGE)), look="quiet"))
    return ft.Column(rows, spacing=theme.NEAR, tight=True)


def evidence_label(ui: Ui, one: Evidence) -> str:
    """The answer as a plan cites it: day, source, what was asked or said."""
    said = one.comment.strip() or (one.question if ui.t.is_chinese else (one.question_en or one.question))
    return ui.t(
        "desk.evidence.label", day=one.day, source=ui.t(f"checklists.source.{one.source.value}"), said=said
    )


def evidence_row(ui: Ui, place: int, one: Evidence, beside: Beside | None) -> ft.Control:
    """One answer."""
    marks: list[ft.Control] = []
    if one.state:
        tone, icon = _TONES[one.state]
        marks.append(tag(ui, ui.t(f"desk.evidence.state.{one.state}"), tone, icon))
    elif one.kind is EvidenceKind.VERBATIM:
        marks.append(tag(ui, ui.t("desk.evidence.verbatim"), "accent", ft.Icons.FORMAT_QUOTE))
    elif one.kind is EvidenceKind.RATING:
        marks.append(tag(ui, ui.t("insight.answers.mark", mark=one.value), "accent", ft.Icons.STAR_OUTLINE))
    elif one.kind is EvidenceKind.CALL:
        done = one.value == Disposition.COMPLETED
        icon = ft.Icons.CHECK if done else ft.Icons.PHONE_MISSED_OUTLINED
        marks.append(tag(ui, ui.t(f"surveys.disposition.{one.value}"), "good" if done else "warn", icon))
    marks.append(tag(ui, ui.t(f"checklists.source.{one.source.value}")))
    marks.append(text(ui, one.day, "caption", theme.MUTED))
    if one.employee:
        marks.append(text(ui, ui.t("desk.evidence.employee", name=one.employee), "caption", theme.MUTED))
    if one.agent:
        marks.append(text(ui, ui.t("insight.answers.agent", name=one.agent), "caption", theme.MUTED))
    asked = one.question if ui.t.is_chinese else (one.question_en or one.question)
    parts: list[ft.Control] = [ft.Row(marks, spacing=6, run_spacing=4, wrap=True)]
    place_and_item = _where(ui, one)
    if place_and_item:
        parts.append(text(ui, place_and_item, "caption", theme.MUTED))
    if asked:
        parts.append(text(ui, asked, "small"))
    if one.comment:
        parts.append(
            text(ui, ui.t("desk.evidence.said", words=one.comment), "small", theme.INK, italic=False)
        )
    if one.photos:
        parts.append(photos(ui, one.photos, f"evidence-{place}-photo", ui.t("desk.evidence.photo")))
    parts += contact_button(ui, place, one)
    across: list[ft.Control] = [ft.Column(parts, spacing=theme.TIGHT, tight=True, expand=True)]
    end = beside(place, one) if beside is not None else None
    if end is not None:
        across.append(end)
    return ft.Container(
        ft.Row(across, spacing=theme.NEAR, vertical_alignment=ft.CrossAxisAlignment.START),
        border=ft.Border(top=ft.BorderSide(1, theme.LINE)),
        padding=ft.Padding(top=theme.NEAR),
    )


def _where(ui: Ui, one: Evidence) -> str:
    """Dealer and item, where a list goes over several of them."""
    dealer = one.dealer_name if ui.t.is_chinese else (one.dealer_name_en or one.dealer_name)
    item = one.item_name if ui.t.is_chinese else (one.item_name_en or one.item_name)
    return " · ".join(part for part in (dealer, one.dealer_code, item) if part)

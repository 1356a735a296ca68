"""The form of what is chosen in the outline: the checklist itself, a section, a question."""

from __future__ import annotations

from collections.abc import Callable

import flet as ft

from field_app import theme
from field_app.checklists.drafting import KEY, TOP, Part
from field_app.checklists.open_draft import FORM, STATE, OpenDraft
from field_app.checklists.widgets.fields import (
    both,
    listed,
    number,
    number_field,
    pair,
    switch,
    told,
    written,
)
from field_app.checklists.widgets.options import bands_form, choices_form, evidence_form
from field_app.checklists.widgets.rule import rule_form
from field_app.shell.choosing import Option, choose, choose_button
from field_app.shell.hooks import use_redraw
from field_app.shell.parts import button, choice, heading, icon_button, text
from field_app.shell.ui import Ui, guarded
from field_app.visits.widgets.saved_text import SavedText
from shared_models.checklists.document import COMPUTED_KINDS, SCORED_KINDS, QuestionKind
from shared_models.checklists.stages import Rater, Source, Stage


@guarded
def PartForm(ui: Ui, draft: OpenDraft, key: str, back: Callable[[], None] | None) -> ft.Control:  # noqa: N802
    """Drawn anew when the part's shape changes or its faults do, not at every letter."""
    use_redraw(lambda call: draft.listen([FORM], call), draft)
    part = draft.drafting.part(key)
    if part is None:
        return ft.Container()
    if key == TOP:
        rows = _top(ui, draft, part)
    elif "kind" in part:
        rows = _question(ui, draft, part)
    else:
        rows = _section(ui, draft, part)
    if back is not None:
        opener = button(
            ui, ui.t("checklists.edit.outline"), "form-back", ui.on(back), look="quiet", icon=ft.Icons.LIST
        )
        rows.insert(0, ft.Row([opener]))
    wrapped: list[ft.Control] = [ft.Container(row, width=theme.READING + 80) for row in rows]
    return ft.ListView(
        [ft.Container(row, alignment=ft.Alignment.TOP_CENTER) for row in wrapped],
        spacing=theme.ROOM,
        padding=ft.Padding.all(theme.GAP if ui.look.phone else theme.ROOM),
        expand=True,
    )


@guarded
def Told(ui: Ui, draft: OpenDraft, key: str) -> ft.Control:  # noqa: N802
    """The part's faults, which follow what is typed."""
    use_redraw(lambda call: draft.listen([STATE], call), draft)
    return ft.Column(told(ui, draft, key), spacing=theme.NEAR, tight=True)


def _top(ui: Ui, draft: OpenDraft, part: Part) -> list[ft.Control]:
    sources = [Option(one.value, ui.t(f"checklists.source.{one.value}")) for one in _VISITED]
    return [
        heading(ui, ui.t("checklists.edit.top")),
        Told(ui, draft, TOP),
        both(ui, draft, part, "title"),
        both(ui, draft, part, "description", lines=4),
        listed(ui, draft, part, "source", sources),
        ft.Row([switch(ui, draft, part, "test_drive_log", False)]),
        pair(ui, number(ui, draft, part, "minimum_minutes"), ft.Container()),
    ]


_VISITED = (Source.SHOP, Source.INSPECTION, Source.AUDIT, Source.CALLBACK)


def _stages(ui: Ui) -> list[Option]:
    return [Option(one.value, ui.t(f"checklists.stage.{one.value}")) for one in Stage]


def _section(ui: Ui, draft: OpenDraft, part: Part) -> list[ft.Control]:
    return [
        _acts(ui, draft, part, ui.t("checklists.edit.section")),
        Told(ui, draft, part[KEY]),
        both(ui, draft, part, "title"),
        both(ui, draft, part, "intro", lines=4),
        pair(ui, written(ui, draft, part, "code"), number(ui, draft, part, "weight", "1")),
        listed(ui, draft, part, "stage", _stages(ui)),
        _repeat(ui, draft, part),
    ]


def _repeat(ui: Ui, draft: OpenDraft, part: Part) -> ft.Control:
    """Whether the section is asked once per thing of a kind, and what that kind is called."""
    key = part[KEY]
    rule = part.get("repeat")

    def now() -> Part:
        return (draft.drafting.part(key) or {}).get("repeat") or {}

    async def toggle() -> None:
        empty = {"label": {"zh": "", "en": ""}, "minimum": 1, "maximum": 10}
        await draft.put(key, "repeat", None if rule is not None else empty)

    rows: list[ft.Control] = [
        ft.Row(
            [
                choice(
                    ui,
                    ui.t("checklists.field.repeat"),
                    "part-repeat",
                    ui.on(toggle),
                    chosen=rule is not None,
                    multiple=True,
                    expand=False,
                )
            ]
        )
    ]
    if rule is not None:

        def labelled(language: str) -> ft.Control:
            async def save(typed: str) -> None:
                label = {**(now().get("label") or {}), language: typed.strip()}
                await draft.put(key, "repeat", {**now(), "label": label}, form=False)

            words = ui.t(f"checklists.both.{language}", field=ui.t("checklists.repeat.label"))
            shown = str((rule.get("label") or {}).get(language) or "")
            return ft.Container(SavedText(ui, words, f"part-repeat-{language}", shown, save))

        def bound(name: str) -> ft.Control:
            async def save(value: str | None) -> None:
                number = int(float(value)) if value else 1
                await draft.put(key, "repeat", {**now(), name: number}, form=False)

            label = ui.t(f"checklists.field.{name}")
            return number_field(ui, label, f"part-repeat-{name}", rule.get(name), save)

        async def count_by(code: str) -> None:
            changed = {name: value for name, value in now().items() if name != "count"}
            await draft.put(key, "repeat", {**changed, "count": code} if code else changed)

        language = "zh" if ui.t.is_chinese else "en"
        chosen = str(rule.get("count") or "")
        numbers = [Option("", ui.t("checklists.repeat.by_hand"))]
        numbers += [
            Option(str(one["code"]), str(one["code"]), str((one.get("text") or {}).get(language) or ""))
            for one in draft.drafting.counting(key)
        ]
        rows.append(pair(ui, labelled("zh"), labelled("en")))
        rows.append(pair(ui, bound("minimum"), bound("maximum")))
        rows.append(text(ui, ui.t("checklists.repeat.once"), "small", theme.MUTED))

        async def of_people() -> None:
            person = not now().get("person")
            await draft.put(key, "repeat", {**now(), "person": person})

        label, people = ui.t("checklists.repeat.count"), ui.t("checklists.repeat.person")
        rows.append(
            ft.Row(
                [
                    choose_button(ui, label, "part-repeat-count", numbers, chosen, count_by, hint=chosen),
                    choice(
                        ui,
                        people,
                        "part-repeat-person",
                        ui.on(of_people),
                        chosen=bool(rule.get("person")),
                        multiple=True,
                        expand=False,
                    ),
                ],
                spacing=theme.NEAR,
                run_spacing=theme.NEAR,
                wrap=True,
            )
        )
    return ft.Column(rows, spacing=theme.NEAR, tight=True)


def _question(ui: Ui, draft: OpenDraft, part: Part) -> list[ft.Control]:
    kind = str(part.get("kind"))
    scored = kind in {one.value for one in SCORED_KINDS}
    kinds = [Option(one.value, ui.t(f"checklists.kind.{one.value}")) for one in QuestionKind]
    items = [Option("", ui.t("checklists.edit.no_item"))]
    items += [Option(code, name, code) for code, name in draft.items.items()]
    raters = [Option("", ui.t("checklists.edit.no_rater"))]
    raters += [Option(one.value, ui.t(f"checklists.rater.{one.value}")) for one in Rater]
    rows: list[ft.Control] = [
        _acts(ui, draft, part, ui.t("checklists.edit.question")),
        Told(ui, draft, part[KEY]),
        ft.Row(
            [
                listed(ui, draft, part, "kind", kinds),
                switch(ui, draft, part, "required", True),
                switch(ui, draft, part, "carry_over", False),
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        ),
        both(ui, draft, part, "text", lines=4),
        both(ui, draft, part, "guidance", lines=6),
    ]
    rows += _by_kind(ui, draft, part, kind)
    rows += [
        pair(
            ui,
            written(ui, draft, part, "code"),
            number(ui, draft, part, "weight", "1") if scored else ft.Container(),
        ),
        listed(ui, draft, part, "item", items),
        ft.Row(
            [listed(ui, draft, part, "stage", _stages(ui)), listed(ui, draft, part, "rater", raters)],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        ),
    ]
    if scored:
        critical: list[ft.Control] = [switch(ui, draft, part, "critical", False)]
        rows.append(ft.Row(critical))
        if part.get("critical"):
            rows.append(pair(ui, number(ui, draft, part, "critical_cap", "0"), ft.Container()))
    if kind in {one.value for one in COMPUTED_KINDS}:
        rows.append(written(ui, draft, part, "calculation"))
    rows += [evidence_form(ui, draft, part, scored), rule_form(ui, draft, part)]
    return rows


def _by_kind(ui: Ui, draft: OpenDraft, part: Part, kind: str) -> list[ft.Control]:
    if kind in {QuestionKind.SINGLE.value, QuestionKind.MULTIPLE.value}:
        return [choices_form(ui, draft, part)]
    bounds = pair(ui, number(ui, draft, part, "minimum"), number(ui, draft, part, "maximum"))
    if kind == QuestionKind.SCALE.value:
        return [bounds, both(ui, draft, part, "low_label"), both(ui, draft, part, "high_label")]
    if kind == QuestionKind.NUMBER.value:
        return [bounds, both(ui, draft, part, "unit"), bands_form(ui, draft, part)]
    if kind == QuestionKind.DURATION.value:
        return [bands_form(ui, draft, part)]
    return []


def _acts(ui: Ui, draft: OpenDraft, part: Part, title: str) -> ft.Control:
    """Move, copy, take out: what can be done with a whole part."""
    key = part[KEY]

    async def move(by: int) -> None:
        await draft.change(lambda drafting: drafting.move(key, by))

    async def copy() -> None:
        draft.choose(await draft.change(lambda drafting: drafting.duplicate(key)))

    async def remove() -> None:
        draft.choose(await draft.change(lambda drafting: drafting.remove(key)))

    def elsewhere() -> None:
        async def take(section: str) -> None:
            await draft.change(lambda drafting: drafting.move_to(key, section))

        language = "zh" if ui.t.is_chinese else "en"
        options = [
            Option(one[KEY], str((one.get("title") or {}).get(language) or one.get("code")))
            for one in draft.drafting.sections
        ]
        choose(ui, ui.t("checklists.edit.move_to"), "part-move-to", options, take)

    row: list[ft.Control] = [
        ft.Container(heading(ui, title), expand=True),
        icon_button(ui, ft.Icons.ARROW_UPWARD, ui.t("checklists.edit.up"), "part-up", ui.on(move, -1)),
        icon_button(ui, ft.Icons.ARROW_DOWNWARD, ui.t("checklists.edit.down"), "part-down", ui.on(move, 1)),
    ]
    if "kind" in part:
        row.append(
            icon_button(
                ui,
                ft.Icons.DRIVE_FILE_MOVE_OUTLINED,
                ui.t("checklists.edit.move_to"),
                "part-elsewhere",
                ui.on(elsewhere),
            )
        )
    row += [
        icon_button(ui, ft.Icons.CONTENT_COPY, ui.t("checklists.edit.duplicate"), "part-copy", ui.on(copy)),
        icon_button(
            ui,
            ft.Icons.DELETE_OUTLINE,
            ui.t("checklists.edit.remove"),
            "part-remove",
            ui.on(remove),
            color=theme.BAD,
        ),
    ]
    return ft.Row(row, spacing=0)

"""The lists below a question: its options, its score bands, its evidence rule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import flet as ft

from field_app import theme
from field_app.checklists.drafting import KEY, Part, new_choice
from field_app.checklists.open_draft import OpenDraft
from field_app.checklists.widgets.fields import group, number_field, pair
from field_app.shell.parts import button, choice, icon_button
from field_app.shell.ui import Ui
from field_app.visits.widgets.saved_text import SavedText

EVIDENCE = ("no", "low", "yes", "always")


def choices_form(ui: Ui, draft: OpenDraft, part: Part) -> ft.Control:
    key = part[KEY]

    def now() -> list[Part]:
        found = draft.drafting.part(key) or {}
        return [dict(one) for one in found.get("choices") or ()]

    def saver(at: int, name: str) -> Callable[[str], Awaitable[None]]:
        async def save(value: str) -> None:
            changed = now()
            if at < len(changed):
                if name in ("zh", "en"):
                    changed[at]["text"] = {**changed[at]["text"], name: value.strip()}
                else:
                    changed[at][name] = value.strip()
                await draft.put(key, "choices", changed, form=False)

        return save

    def scorer(at: int) -> Callable[[str | None], Awaitable[None]]:
        async def save(value: str | None) -> None:
            changed = now()
            changed[at].pop("score", None)
            if value is not None:
                changed[at]["score"] = value
            await draft.put(key, "choices", changed, form=False)

        return save

    async def drop(at: int) -> None:
        await draft.put(key, "choices", [one for place, one in enumerate(now()) if place != at])

    async def add() -> None:
        held = now()
        taken = {str(one["code"]) for one in held}
        code = next(c for c in (f"option{n}" for n in range(1, 200)) if c not in taken)
        await draft.put(key, "choices", [*held, new_choice(code)])

    def row(at: int, one: Part) -> ft.Control:
        texts = pair(
            ui,
            ft.Container(
                SavedText(
                    ui,
                    ui.t("checklists.choice.zh"),
                    f"choice-{at}-zh",
                    one["text"].get("zh", ""),
                    saver(at, "zh"),
                )
            ),
            ft.Container(
                SavedText(
                    ui,
                    ui.t("checklists.choice.en"),
                    f"choice-{at}-en",
                    one["text"].get("en", ""),
                    saver(at, "en"),
                )
            ),
        )
        return ft.Row(
            [
                ft.Container(
                    SavedText(
                        ui, ui.t("checklists.field.code"), f"choice-{at}-code", one["code"], saver(at, "code")
                    ),
                    width=130,
                ),
                ft.Container(texts, expand=True),
                ft.Container(
                    number_field(
                        ui,
                        ui.t("checklists.choice.score"),
                        f"choice-{at}-score",
                        one.get("score"),
                        scorer(at),
                    ),
                    width=96,
                ),
                icon_button(
                    ui, ft.Icons.CLOSE, ui.t("checklists.choice.drop"), f"choice-{at}-drop", ui.on(drop, at)
                ),
            ],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=ui.look.phone,
            vertical_alignment=ft.CrossAxisAlignment.START,
        )

    def narrow_row(at: int, one: Part) -> ft.Control:
        wide = row(at, one)
        assert isinstance(wide, ft.Row)
        code, texts, score, closer = wide.controls
        texts.expand = None
        foot = ft.Row([code, score, closer], spacing=theme.NEAR)
        return ft.Column([texts, foot], spacing=theme.NEAR, tight=True)

    drawn = [(narrow_row if ui.look.phone else row)(at, one) for at, one in enumerate(now())]
    adder = button(
        ui, ui.t("checklists.choice.add"), "choice-add", ui.on(add), look="quiet", icon=ft.Icons.ADD
    )
    return group(ui, ui.t("checklists.field.choices"), *drawn, ft.Row([adder]))


def bands_form(ui: Ui, draft: OpenDraft, part: Part) -> ft.Control:
    key = part[KEY]

    def now() -> list[Part]:
        found = draft.drafting.part(key) or {}
        return [dict(one) for one in found.get("score_bands") or ()]

    def saver(at: int, name: str) -> Callable[[str | None], Awaitable[None]]:
        async def save(value: str | None) -> None:
            changed = now()
            if at < len(changed):
                changed[at][name] = value or "0"
                await draft.put(key, "score_bands", changed, form=False)

        return save

    async def drop(at: int) -> None:
        left = [one for place, one in enumerate(now()) if place != at]
        await draft.put(key, "score_bands", left or None)

    async def add() -> None:
        held = now()
        start = str(float(str(held[-1]["at_least"])) + 1) if held else "0"
        await draft.put(key, "score_bands", [*held, {"at_least": start, "score": "1"}])

    rows: list[ft.Control] = [
        ft.Row(
            [
                ft.Container(
                    number_field(
                        ui,
                        ui.t("checklists.band.at_least"),
                        f"band-{at}-from",
                        one["at_least"],
                        saver(at, "at_least"),
                    ),
                    width=150,
                ),
                ft.Container(
                    number_field(
                        ui,
                        ui.t("checklists.choice.score"),
                        f"band-{at}-score",
                        one["score"],
                        saver(at, "score"),
                    ),
                    width=110,
                ),
                icon_button(
                    ui, ft.Icons.CLOSE, ui.t("checklists.band.drop"), f"band-{at}-drop", ui.on(drop, at)
                ),
            ],
            spacing=theme.NEAR,
        )
        for at, one in enumerate(now())
    ]
    adder = button(ui, ui.t("checklists.band.add"), "band-add", ui.on(add), look="quiet", icon=ft.Icons.ADD)
    return group(ui, ui.t("checklists.field.score_bands"), *rows, ft.Row([adder]))


def evidence_form(ui: Ui, draft: OpenDraft, part: Part, scored: bool) -> ft.Control:
    key = part[KEY]
    rule = part.get("evidence")
    whens = EVIDENCE if scored else ("always",)

    async def put(values: Part | None) -> None:
        await draft.put(key, "evidence", values)

    async def count(value: str | None) -> None:
        now = (draft.drafting.part(key) or {}).get("evidence") or {}
        await draft.put(key, "evidence", {**now, "count": int(float(value or "1"))}, form=False)

    def pick(name: str) -> ft.Control:
        chosen = (rule or {}).get("when", "no") == name if rule is not None else name == ""
        label = ui.t(f"checklists.evidence.{name or 'never'}")
        values = {**(rule or {}), "when": name} if name else None
        return choice(
            ui, label, f"evidence-{name or 'never'}", ui.on(put, values), chosen=chosen, expand=False
        )

    rows: list[ft.Control] = [
        ft.Row(
            [pick(name) for name in ("", *whens)],
            spacing=theme.NEAR,
            run_spacing=theme.NEAR,
            wrap=True,
        )
    ]
    if rule is not None:
        kinds = [
            choice(
                ui,
                ui.t(f"checklists.evidence.{name}"),
                f"evidence-{name}",
                ui.on(put, {**rule, "kind": name}),
                chosen=rule.get("kind", "photo") == name,
                expand=False,
            )
            for name in ("photo", "audio")
        ]
        how_many = number_field(
            ui, ui.t("checklists.evidence.count"), "evidence-count", rule.get("count", 1), count
        )
        rows.append(
            ft.Row(
                [*kinds, ft.Container(how_many, width=110)],
                spacing=theme.NEAR,
                run_spacing=theme.NEAR,
                wrap=True,
            )
        )
    return group(ui, ui.t("checklists.field.evidence"), *rows)

"""A customer's number: offered to desks below interviews, told only with a reason, kept nowhere."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any

import flet as ft
import pytest

from field_app.insight.widgets.contact import contact_button
from shared_models.checklists.stages import Source
from shared_models.insight import Evidence, EvidenceKind
from shared_models.messages import LANGUAGES
from tests.unit.ui_desk.drawing import draw, make_ui

INTERVIEW = Evidence(
    kind=EvidenceKind.RESPONSE, id="o1", day="2026-11-02", source=Source.PHONE, executed=False,
    provenance_id="r1",
)  # fmt: skip


class Page:
    """Keeps the dialogs that stand open."""

    def __init__(self) -> None:
        self.open: list[Any] = []

    def show_dialog(self, dialog: Any) -> None:
        self.open.append(dialog)

    def pop_dialog(self) -> None:
        self.open.pop()


class Api:
    """Answers as the server does and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Any]] = []

    async def post(self, path: str, body: Any) -> dict[str, str]:
        self.asked.append((path, body))
        return {"name": "王小明", "phone": "13812345678"}


def _buttons(whole: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def walk(one: Any, around: str) -> None:
        if isinstance(one, ft.Semantics) and one.identifier:
            around = one.identifier
        if getattr(one, "on_click", None) or getattr(one, "on_change", None):
            found[around] = one
        for each in fields(one):
            if each.name.startswith("_") or each.name in {"parent", "page", "data"}:
                continue
            inner = getattr(one, each.name, None)
            for control in inner if isinstance(inner, list) else [inner]:
                if isinstance(control, ft.Control):
                    walk(control, around)

    walk(whole, "")
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_an_interview_that_the_server_names_offers_the_number(language: str) -> None:
    ui = make_ui(language)
    drawn = draw(lambda: contact_button(ui, 0, INTERVIEW))
    assert (drawn.nameless, list(drawn.disabled)) == ([], ["evidence-0-contact"])
    for hidden in ({"provenance_id": None}, {"kind": EvidenceKind.ANSWER}):
        assert contact_button(ui, 0, INTERVIEW.model_copy(update=hidden)) == []


def test_the_number_is_told_once_a_reason_is_given_and_goes_with_its_dialog() -> None:
    page, api = Page(), Api()
    account = SimpleNamespace(current=SimpleNamespace(api=api))
    ui = replace(make_ui(app=SimpleNamespace(accounts=account)), page=page)  # type: ignore[arg-type]
    told: list[Any] = []
    ui.tell_problem = told.append  # type: ignore[method-assign]

    async def story() -> None:
        (row,) = contact_button(ui, 0, INTERVIEW)
        await _buttons(row)["evidence-0-contact"].on_click()
        (asking,) = page.open
        parts = _buttons(asking)
        await parts["contact-show"].on_click()
        assert (api.asked, len(told)) == ([], 1), "without a reason nothing is asked"
        field = parts["contact-reason"]
        field.value = "回电核实"
        await field.on_change(SimpleNamespace(control=field))
        await parts["contact-show"].on_click()
        (shown,) = page.open
        assert "13812345678" in shown.content.value
        await _buttons(shown)["contact-close"].on_click()

    asyncio.run(story())
    assert api.asked == [("/surveys/responses/r1/contact", {"reason": "回电核实"})]
    assert page.open == []

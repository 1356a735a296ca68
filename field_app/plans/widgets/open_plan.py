"""Opening a plan for a screen; it is closed when the screen goes."""

from __future__ import annotations

import flet as ft

from field_app.plans.workflow import PlanDraft
from field_app.shell.hooks import use_redraw, use_value
from field_app.shell.ui import Ui
from shared_models.problems import Problem


class _Held:
    draft: PlanDraft | None = None


def _closed() -> PlanDraft | Problem | None:
    return None


def use_plan(ui: Ui, plan_id: str) -> PlanDraft | Problem | None:
    """The open plan, None while it is being read, or why it cannot be opened. Redraws when it changes."""
    opened, set_opened = use_value(_closed())
    held = ft.use_ref(_Held).current
    assert held is not None

    def close() -> None:
        if held.draft is not None:
            held.draft.close()
            held.draft = None

    async def open_it() -> None:
        close()
        try:
            held.draft = await ui.work.plans.open(plan_id)
        except Problem as problem:
            set_opened(problem)
        else:
            set_opened(held.draft)

    ft.use_effect(open_it, [plan_id], cleanup=close)
    use_redraw(lambda call: opened.subscribe(call) if isinstance(opened, PlanDraft) else None, opened)
    return opened

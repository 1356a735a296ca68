"""One plan: written while it is a draft, read and followed once it is published."""

from __future__ import annotations

import flet as ft

from field_app.plans.widgets.editor import PlanEditor, publish_bar
from field_app.plans.widgets.marks import page_title
from field_app.plans.widgets.open_plan import use_plan
from field_app.plans.widgets.plan_view import plan_view
from field_app.shell.frame import framed, screen, title_bar
from field_app.shell.parts import busy
from field_app.shell.sync_chip import SyncChip
from field_app.shell.ui import Ui, failure_panel
from shared_models.people.access import DESK_ROLES
from shared_models.problems import Problem


@screen
def PlanScreen(ui: Ui) -> ft.View:  # noqa: N802
    """The plan of the route."""
    plan_id = ft.use_route_params().get("plan_id", "")
    draft = use_plan(ui, plan_id)
    back = ui.going("/plans")
    if draft is None or isinstance(draft, Problem):
        bar = title_bar(ui, ui.t("desk.plan.title"), back=back)
        return framed(ui, "plans", bar, busy(ui) if draft is None else failure_panel(ui, draft))
    bar = title_bar(
        ui,
        page_title(ui, draft.plan["number"], draft.plan["status"]),
        under=draft.dealer.name.text(ui.language),
        back=back,
        actions=[SyncChip(ui, brief=True)],
    )
    if draft.editable and ui.work.access.has(*DESK_ROLES):
        return framed(ui, "plans", bar, PlanEditor(ui, draft), bottom=publish_bar(ui, draft))
    return framed(ui, "plans", bar, plan_view(ui, draft))

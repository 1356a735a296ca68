"""Where one can go: the list of destinations, who sees them, and the screens below them.

To add a screen: write a component ``YourScreen(ui: Ui)`` made with :func:`field_app.shell.frame.screen`, add
a :class:`Destination` (or a :class:`Place` below one) here, and the words ``shell.nav.<key>`` in shell.po.
Screens are named by text and imported when first shown, so that a start loads only what it shows.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import flet as ft

from shared_models.people.access import DESK_ROLES, FIELD_ROLES, Role


@dataclass(frozen=True)
class Place:
    """A screen below a destination; ``path`` may hold parameters (``visit/:visit_id``)."""

    path: str
    screen: str
    """``module:Component``"""
    children: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Destination:
    """A screen that the navigation bar leads to, for people who hold one of the roles."""

    key: str
    path: str
    screen: str
    icon: ft.IconData
    icon_chosen: ft.IconData
    roles: frozenset[Role]
    children: tuple[Place, ...] = ()

    @property
    def route(self) -> str:
        """Its address."""
        return "/" + self.path


EVERYBODY = frozenset(Role)
PLAN_ROLES = DESK_ROLES | {Role.OWNER}
"""Those who write plans and those who carry them out."""

DESTINATIONS: tuple[Destination, ...] = (
    Destination(
        "today",
        "today",
        "field_app.visits.screen_today:TodayScreen",
        ft.Icons.CHECKLIST_OUTLINED,
        ft.Icons.CHECKLIST,
        FIELD_ROLES,
        (
            Place(
                "visit/:visit_id",
                "field_app.visits.screen_visit:VisitScreen",
                (
                    Place("drive", "field_app.visits.screen_drive:DriveScreen"),
                    Place("quiet", "field_app.visits.screen_quiet:QuietScreen"),
                    Place("submit", "field_app.visits.screen_submit:SubmitScreen"),
                ),
            ),
        ),
    ),
    Destination(
        "calls",
        "calls",
        "field_app.calls.screen_calls:CallsScreen",
        ft.Icons.PHONE_IN_TALK_OUTLINED,
        ft.Icons.PHONE_IN_TALK,
        frozenset({Role.CALLER}),
        (
            Place("call/:call_id", "field_app.calls.screen_call:CallScreen"),
            Place(
                "visit/:visit_id",
                "field_app.visits.screen_visit:VisitScreen",
                (Place("submit", "field_app.visits.screen_submit:SubmitScreen"),),
            ),
        ),
    ),
    Destination(
        "history",
        "history",
        "field_app.visits.screen_history:HistoryScreen",
        ft.Icons.HISTORY_OUTLINED,
        ft.Icons.HISTORY,
        FIELD_ROLES,
    ),
    Destination(
        "overview",
        "overview",
        "field_app.insight.screen_overview:OverviewScreen",
        ft.Icons.DASHBOARD_OUTLINED,
        ft.Icons.DASHBOARD,
        PLAN_ROLES,
        (
            Place("network", "field_app.desk.screen_network:NetworkScreen"),
            Place("reports", "field_app.desk.screen_reports:ReportsScreen"),
            Place(
                "observe",
                "field_app.visits.screen_observe:ObserveScreen",
                (
                    Place(
                        "visit/:visit_id",
                        "field_app.visits.screen_visit:VisitScreen",
                        (
                            Place("drive", "field_app.visits.screen_drive:DriveScreen"),
                            Place("submit", "field_app.visits.screen_submit:SubmitScreen"),
                        ),
                    ),
                ),
            ),
            Place("figures", "field_app.insight.screen_figures:FiguresScreen"),
            Place("answers", "field_app.insight.screen_answers:AnswersScreen"),
            Place("dealer/:dealer_id", "field_app.desk.screen_scorecard:ScorecardScreen"),
        ),
    ),
    Destination(
        "review",
        "review",
        "field_app.review.screen_queue:QueueScreen",
        ft.Icons.FACT_CHECK_OUTLINED,
        ft.Icons.FACT_CHECK,
        DESK_ROLES,
        (
            Place(
                "visit/:visit_id",
                "field_app.review.screen_visit:ReviewScreen",
                (Place("code", "field_app.review.screen_code:CodeScreen"),),
            ),
            Place("quality", "field_app.review.screen_quality:QualityScreen"),
        ),
    ),
    Destination(
        "weak",
        "weak",
        "field_app.insight.screen_weak:WeakScreen",
        ft.Icons.TRENDING_DOWN,
        ft.Icons.TRENDING_DOWN,
        DESK_ROLES,
        (Place("item/:month/:dealer_id/:item_id", "field_app.insight.screen_weak_item:WeakItemScreen"),),
    ),
    Destination(
        "actions",
        "actions",
        "field_app.plans.screen_actions:ActionsScreen",
        ft.Icons.TASK_OUTLINED,
        ft.Icons.TASK,
        PLAN_ROLES,
        (Place("action/:action_id", "field_app.plans.screen_action:ActionScreen"),),
    ),
    Destination(
        "plans",
        "plans",
        "field_app.plans.screen_plans:PlansScreen",
        ft.Icons.ASSIGNMENT_OUTLINED,
        ft.Icons.ASSIGNMENT,
        PLAN_ROLES,
        (
            Place(
                "plan/:plan_id",
                "field_app.plans.screen_plan:PlanScreen",
                (Place("copy", "field_app.plans.screen_copy:CopyScreen"),),
            ),
            Place("templates", "field_app.plans.screen_templates:TemplatesScreen"),
        ),
    ),
    Destination(
        "planning",
        "planning",
        "field_app.visits.screen_planning:PlanningScreen",
        ft.Icons.EVENT_OUTLINED,
        ft.Icons.EVENT,
        DESK_ROLES,
        (
            Place("series", "field_app.visits.screen_series:SeriesScreen"),
            Place("quality/:view", "field_app.review.screen_quality:QualityScreen"),
        ),
    ),
    Destination(
        "appeals",
        "appeals",
        "field_app.appeals.screen_appeals:AppealsScreen",
        ft.Icons.GAVEL_OUTLINED,
        ft.Icons.GAVEL,
        PLAN_ROLES,
        (
            Place("result/:visit_id", "field_app.appeals.screen_result:ResultScreen"),
            Place("appeal/:appeal_id", "field_app.appeals.screen_appeal:AppealScreen"),
        ),
    ),
    Destination(
        "checklists",
        "checklists",
        "field_app.checklists.screen_checklists:ChecklistsScreen",
        ft.Icons.LIST_ALT_OUTLINED,
        ft.Icons.LIST_ALT,
        frozenset({Role.HQ}),
        (
            Place(
                "draft/:code",
                "field_app.checklists.screen_editor:EditorScreen",
                (Place("try", "field_app.checklists.screen_try:TryScreen"),),
            ),
        ),
    ),
    Destination(
        "imports",
        "imports",
        "field_app.imports.screen_imports:ImportsScreen",
        ft.Icons.UPLOAD_FILE_OUTLINED,
        ft.Icons.UPLOAD_FILE,
        frozenset({Role.HQ}),
        (Place("batch/:batch_id", "field_app.imports.screen_batch:BatchScreen"),),
    ),
    Destination(
        "admin",
        "admin",
        "field_app.admin.screen_admin:AdminScreen",
        ft.Icons.ADMIN_PANEL_SETTINGS_OUTLINED,
        ft.Icons.ADMIN_PANEL_SETTINGS,
        DESK_ROLES,
        (
            Place(
                "dealers",
                "field_app.admin.screen_dealers:DealersScreen",
                (Place("dealer/:dealer_id", "field_app.admin.screen_dealer:DealerScreen"),),
            ),
            Place(
                "people",
                "field_app.admin.screen_people:PeopleScreen",
                (Place("person/:person_id", "field_app.admin.screen_person:PersonScreen"),),
            ),
            Place("import", "field_app.admin.screen_bulk:BulkScreen"),
            Place("targets", "field_app.admin.screen_targets:TargetsScreen"),
            Place("rules", "field_app.admin.screen_rules:RulesScreen"),
            Place("audit", "field_app.admin.screen_audit:AuditScreen"),
        ),
    ),
    Destination(
        "sync",
        "sync",
        "field_app.shell.screen_sync:SyncScreen",
        ft.Icons.SYNC_OUTLINED,
        ft.Icons.SYNC,
        EVERYBODY,
    ),
    Destination(
        "settings",
        "settings",
        "field_app.settings.screen_settings:SettingsScreen",
        ft.Icons.SETTINGS_OUTLINED,
        ft.Icons.SETTINGS,
        EVERYBODY,
    ),
)


def destinations(roles: Iterable[Role]) -> tuple[Destination, ...]:
    """The destinations of somebody with these roles, in the order of the bar."""
    held = frozenset(roles)
    return tuple(one for one in DESTINATIONS if not held.isdisjoint(one.roles))


def load(screen: str) -> Callable[[Any], Any]:
    """The component that ``module:Component`` names."""
    module, name = screen.split(":")
    return getattr(importlib.import_module(module), name)


__all__ = [
    "DESK_ROLES",
    "DESTINATIONS",
    "EVERYBODY",
    "FIELD_ROLES",
    "PLAN_ROLES",
    "Destination",
    "Place",
    "destinations",
    "load",
]

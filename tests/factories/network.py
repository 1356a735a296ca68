"""What a device has pulled before a visit: a dealer, a short checklist, an assignment - as page changes."""

from __future__ import annotations

from datetime import date
from typing import Any

from field_app.store import Store
from field_app.sync.pull import take_page
from shared_models.sync.wire import PullResponse, RowChange

PERSON = "0193a000-0000-7000-8000-000000000001"
DEALER = "0193a000-0000-7000-8000-000000000002"
REGION = "0193a000-0000-7000-8000-000000000003"
TEMPLATE = "0193a000-0000-7000-8000-000000000004"
VERSION = "0193a000-0000-7000-8000-000000000005"
ASSIGNMENT = "0193a000-0000-7000-8000-000000000006"
ITEM = "0193a000-0000-7000-8000-000000000007"


def text(name: str) -> dict[str, str]:
    """A bilingual text."""
    return {"zh": f"{name}（中）", "en": name}


def document() -> dict[str, Any]:
    """Two sections; P2 is asked when P1 is no; F1 wants a photo when no; F2 is critical; D1 is a photo."""
    return {
        "code": "short_visit",
        "title": text("Short visit"),
        "description": text("For tests"),
        "source": "shop",
        "test_drive_log": True,
        "sections": [
            {
                "code": "facilities",
                "title": text("Facilities"),
                "stage": "facilities",
                "weight": "2",
                "questions": [
                    {
                        "code": "F1",
                        "kind": "yes_no_na",
                        "text": text("Tidy?"),
                        "stage": "facilities",
                        "item": "tidy",
                        "evidence": {"when": "no", "count": 1},
                    },
                    {
                        "code": "F2",
                        "kind": "yes_no",
                        "text": text("Open?"),
                        "stage": "facilities",
                        "critical": True,
                        "weight": "3",
                    },
                ],
            },
            {
                "code": "presentation",
                "title": text("Presentation"),
                "stage": "presentation",
                "questions": [
                    {"code": "P1", "kind": "yes_no", "text": text("Shown?"), "stage": "presentation"},
                    {
                        "code": "P2",
                        "kind": "text",
                        "text": text("Why not?"),
                        "stage": "presentation",
                        "show_when": {"question": "P1", "op": "=", "value": "no"},
                    },
                    {
                        "code": "P3",
                        "kind": "scale",
                        "text": text("How well?"),
                        "stage": "presentation",
                        "minimum": "1",
                        "maximum": "5",
                        "required": False,
                    },
                    {
                        "code": "D1",
                        "kind": "photo",
                        "text": text("The car"),
                        "stage": "presentation",
                        "required": False,
                    },
                ],
            },
        ],
    }


def change(entity: str, row_id: str, version: int = 1, **fields: Any) -> RowChange:
    """A row as a pull brings it."""
    aggregate = str(fields.get("visit_id") or fields.get("plan_id") or row_id)
    return RowChange(entity=entity, row_id=row_id, aggregate_id=aggregate, version=version, fields=fields)


def assignment(row_id: str = ASSIGNMENT, person_id: str = PERSON, **fields: Any) -> RowChange:
    """A planned visit."""
    given = {
        "dealer_id": DEALER,
        "template_version_id": VERSION,
        "person_id": person_id,
        "window_start": date(2026, 11, 1).isoformat(),
        "window_end": date(2026, 11, 10).isoformat(),
        **fields,
    }
    return change("assignment", row_id, **given)


def reference_rows() -> list[RowChange]:
    """Region, dealer, person, template and version."""
    return [
        change("region", REGION, code="N", name="北区", name_en="North"),
        change(
            "dealer",
            DEALER,
            code="N01",
            name="北一店",
            name_en="North One",
            region_id=REGION,
            latitude=39.9,
            longitude=116.4,
        ),
        change("person", PERSON, name="小王"),
        change(
            "item",
            ITEM,
            code="tidy",
            name="整洁",
            name_en="Tidy",
            short="整洁",
            short_en="Tidy",
            stage="facilities",
        ),
        change("template", TEMPLATE, code="short_visit", title="短", title_en="Short", source="shop"),
        change(
            "template_version",
            VERSION,
            template_id=TEMPLATE,
            number=1,
            document=document(),
            sha256="0" * 64,
        ),
    ]


def page(*changes: RowChange, cursor: str = "1", more: bool = False, **values: Any) -> PullResponse:
    """A page of a pull."""
    return PullResponse(
        cursor=cursor,
        more=more,
        server_time="2026-11-03T02:00:00.000Z",
        changes=list(changes),
        **values,
    )


def seed(store: Store, *more: RowChange) -> None:
    """Give a store what a first pull would."""
    take_page(store, page(*reference_rows(), assignment(), *more), "")

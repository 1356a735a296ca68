"""A checklist with a repeating section, computed values and a rule inside the section."""

from __future__ import annotations

from typing import Any

from shared_models.checklists import TemplateDocument


def text(name: str) -> dict[str, str]:
    """A bilingual text."""
    return {"zh": f"{name}（中）", "en": name}


def asked(code: str, kind: str, **more: Any) -> dict[str, Any]:
    """A question."""
    return {"code": code, "kind": kind, "text": text(code), "stage": "presentation", **more}


def section(code: str, *questions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A section."""
    return {"code": code, "title": text(code), "stage": "presentation", "questions": list(questions), **more}


def document(minimum: int = 1, maximum: int = 3) -> dict[str, Any]:
    """G1; per car C1 (yes/no/n.a., item), C2 (why not, when C1 is no), C3 (price), C4 (price with tax);
    T1 the sum of prices, T2 minutes from D1 to D2."""
    return {
        "code": "cars",
        "title": text("Cars"),
        "description": text("For tests"),
        "source": "shop",
        "sections": [
            section("general", asked("G1", "yes_no", item="greeting"), weight="1"),
            section(
                "car",
                asked("C1", "yes_no_na", item="walkaround", evidence={"when": "no", "count": 1}),
                asked("C2", "text", show_when={"question": "C1", "op": "=", "value": "no"}),
                asked("C3", "number", minimum="0", required=False),
                asked("C4", "number", calculation="${C3} * 1.13"),
                weight="1",
                repeat={"label": text("Car"), "minimum": minimum, "maximum": maximum},
            ),
            section(
                "total",
                asked("D1", "time", required=False),
                asked("D2", "time", required=False),
                asked("T1", "number", calculation="sum(${C4})"),
                asked("T2", "number", calculation="minutes(${D1}, ${D2})"),
                asked("T3", "text", required=False, show_when={"question": "T1", "op": ">", "value": 200}),
                weight="0",
            ),
        ],
    }


def cars(minimum: int = 1, maximum: int = 3) -> TemplateDocument:
    """The same, read."""
    return TemplateDocument.model_validate(document(minimum, maximum))

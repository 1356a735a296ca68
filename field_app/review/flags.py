"""What a reviewer should look at before accepting. A flag never blocks and never reaches the visitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from field_app.visits.workflow_cards import DealerView
from shared_models.checklists import AnswerValue, TemplateDocument
from shared_models.visits.quality import Signal
from shared_models.visits.signals import Compared, Judged, signals


def flags(
    visit: Mapping[str, Any],
    dealer: DealerView,
    document: TemplateDocument,
    answers: Mapping[str, AnswerValue],
    answered_at: Sequence[datetime],
    attachments: Sequence[Mapping[str, Any]],
    compared: Compared | None = None,
    judged: Judged | None = None,
) -> list[Signal]:
    """The signals of a visit beside what this device knows of its dealer, the gravest first."""
    place = dealer.latitude, dealer.longitude
    return signals(visit, place, document, answers, answered_at, attachments, compared, judged)

"""The quality of visits at the desk: agreement, histories, grades, coding again; all from the server."""

from __future__ import annotations

from typing import Any

from field_app.insight.workflow import CachedReader, Fetched
from field_app.store import Store
from field_app.sync.api import Api
from field_app.visits.workflow_reading import VisitReading
from shared_models.checklists import Question, QuestionKind
from shared_models.reviews import AgreementAnswer, DoublingAnswer, DoublingRule, GradeLine, WorkAnswer

GRADES = (1, 2, 3, 4, 5)
_CODED = frozenset({QuestionKind.YES_NO, QuestionKind.YES_NO_NA, QuestionKind.SINGLE, QuestionKind.SCALE})


class Quality:
    """Routes /reviews; lists have a kept copy."""

    def __init__(self, store: Store, api: Api) -> None:
        self._api = api
        self._reader = CachedReader(store, api)

    async def agreement(self, *, kept_first: bool = False) -> Fetched[AgreementAnswer]:
        """Agreement of the double-coded visits of the scope."""
        return await self._reader.model(AgreementAnswer, "/reviews/agreement", kept_first=kept_first)

    async def people(self, *, kept_first: bool = False) -> Fetched[WorkAnswer]:
        """What everybody's visits have been like within a year."""
        return await self._reader.model(WorkAnswer, "/reviews/people", kept_first=kept_first)

    async def doubling(self, *, kept_first: bool = False) -> Fetched[DoublingAnswer]:
        """The share of visits that is doubled by itself, and what came of it."""
        return await self._reader.model(DoublingAnswer, "/reviews/doubling", kept_first=kept_first)

    async def put_doubling(self, rule: DoublingRule) -> DoublingAnswer:
        """Set the share; what it drew at once."""
        answer = await self._api.call("PUT", "/reviews/doubling", body=rule.model_dump())
        return DoublingAnswer.model_validate(answer.json())

    async def grade_of(self, visit_id: str) -> GradeLine | None:
        """The grade of a visit; SERVER_UNREACHABLE without network."""
        found = await self._api.get(f"/reviews/visits/{visit_id}/grade")
        return GradeLine.model_validate(found) if found else None

    async def grade(self, visit_id: str, value: int) -> GradeLine:
        """Grade a visit."""
        answer = await self._api.call("PUT", f"/reviews/visits/{visit_id}/grade", body={"grade": value})
        return GradeLine.model_validate(answer.json())

    async def code(self, visit_id: str, answers: dict[str, Any]) -> None:
        """Code the evidence of a visit again."""
        await self._api.call("PUT", f"/reviews/visits/{visit_id}/coding", body={"answers": answers})

    async def second(self, assignment_id: str, person_id: str, *, known_accepted: bool = False) -> None:
        """Send a second person along; VISITOR_KNOWN where the dealer may know the face."""
        body = {"assignment_id": assignment_id, "person_id": person_id, "known_accepted": known_accepted}
        await self._api.post("/reviews/doubles", body)


def to_code(session: VisitReading) -> list[Question]:
    """Questions that somebody else can answer from the evidence alone: with photos, recordings or words."""
    backed = {row["question"] for row in session.attachments if not row["repeat"]} | set(session.comments)
    return [q for q in session.document.questions() if q.kind in _CODED and q.code in backed]

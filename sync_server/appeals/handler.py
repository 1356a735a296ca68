"""Who may file, take back and decide an appeal, and what follows from the decision."""

from __future__ import annotations

from shared_models.appeals.states import APPEAL_TRANSITIONS, DECISION, AppealStatus, window_end
from shared_models.checklists.repeats import row_key
from shared_models.ids import new_id
from shared_models.people.access import DESK_ROLES, Role
from shared_models.problems import Code, Place, Problem
from shared_models.sync.wire import Op, OpKind
from sync_server.appeals import repository
from sync_server.company.rules import due_after
from sync_server.insight.facts import record_visit
from sync_server.sync.handler import Handler, WriteContext
from sync_server.sync.journal import Values
from sync_server.visits.service import check_correction, counting


class AppealHandler(Handler):
    """Filed by the dealer's people within the window, decided at a desk over the dealer."""

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """Filing and taking back at the dealer; deciding at a desk, never by the visitor concerned."""
        if op.kind in {OpKind.UPDATE, OpKind.DELETE}:
            raise Problem(Code.NOT_ALLOWED)
        whole = row or values
        if op.kind is OpKind.CREATE:
            if not ctx.access.has(Role.OWNER):
                raise Problem(Code.NOT_ALLOWED)
            roles: frozenset[Role] = frozenset({Role.OWNER})
        else:
            key = whole["status"], str(op.fields.get("action"))
            roles = APPEAL_TRANSITIONS[key][1] if key in APPEAL_TRANSITIONS else DESK_ROLES | {Role.OWNER}
        if not ctx.reaches(whole["dealer_id"], *roles):
            raise Problem(Code.OUT_OF_SCOPE)
        if op.kind is OpKind.TRANSITION and op.fields.get("action") != "withdraw":
            visit = ctx.need("visit", whole["visit_id"])
            if visit["person_id"] == ctx.person_id:
                raise Problem(Code.NOT_ALLOWED, {"action": op.fields.get("action")})

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """An answer of an accepted visit of the dealer, disputed for the first time and in time."""
        if row is not None:
            return values
        visit = ctx.need("visit", values["visit_id"])
        if visit["dealer_id"] != values["dealer_id"] or visit["status"] != "accepted":
            raise Problem(Code.NOT_FOUND, {"what": "visit"})
        end = window_end(visit["reviewed_at"])
        if end is None or ctx.now > end:
            raise Problem(Code.APPEAL_WINDOW_CLOSED, {"until": end.date().isoformat() if end else "–"})
        ctx.settle()
        found = counting(ctx.session, visit)
        key = row_key(values)
        question = next((one for one in found.document.questions() if one.code == key), None)
        if question is None:
            raise _invalid("question", "not in this checklist")
        if not values["text"].strip():
            raise _invalid("text", "missing")
        place = values["question"], values["repeat"]
        if repository.disputed(ctx.session, visit["id"], place, except_id=values["id"]):
            raise Problem(Code.APPEAL_EXISTS, {"question": values["question"]})
        answer = found.now.get(key)
        return {
            **values,
            "author_id": ctx.person_id,
            "filed_at": ctx.now,
            "due_at": due_after(ctx.session, ctx.now, DECISION),
            "visit_date": visit["visit_date"],
            "wording": question.text.zh,
            "wording_en": question.text.en,
            "old_state": answer.state if answer else "",
            "old_value": answer.value if answer else None,
        }

    def already(self, ctx: WriteContext, row: Values, action: str) -> bool:
        """A second tap, or the same decision from another device."""
        return any(
            step == action and status == row["status"]
            for (_, step), (status, _) in APPEAL_TRANSITIONS.items()
        )

    def transition(self, ctx: WriteContext, row: Values, action: str, fields: Values) -> Values:
        """uphold (with the answer that counts from now on), dismiss (with a reason), withdraw."""
        try:
            after, _ = APPEAL_TRANSITIONS[row["status"], action]
        except KeyError:
            values = {"status": row["status"], "action": action}
            raise Problem(Code.TRANSITION_NOT_ALLOWED, values) from None
        decided: Values = {"status": after.value, "decided_at": ctx.now}
        if after is AppealStatus.WITHDRAWN:
            return decided
        note = str(fields.get("decision_note") or "").strip()
        if not note:
            raise _invalid("decision_note", "missing")
        visit = ctx.need("visit", row["visit_id"])
        if visit["status"] != "accepted":
            raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": visit["status"], "action": action})
        ctx.settle()
        decided |= {"decision_note": note, "decided_by": ctx.person_id}
        score = visit["score"] if visit["final_score"] is None else visit["final_score"]
        if after is AppealStatus.DISMISSED:
            return {**decided, "score_before": score, "score_after": score}
        change = {
            "question": row["question"],
            "repeat": row["repeat"],
            "state": str(fields.get("new_state") or ""),
            "value": fields.get("new_value"),
        }
        found = check_correction(ctx.session, visit, change)
        ctx.notes[row["id"]] = {**change, **found}
        return {
            **decided,
            "new_state": change["state"],
            "new_value": found["value"],
            "score_before": found["score_before"],
            "score_after": found["score_after"],
        }

    def after(self, ctx: WriteContext, row: Values, action: str, before: Values) -> None:
        """An upheld appeal corrects the answer, gives the visit its final score, and the figures follow."""
        if action != "uphold":
            return
        change = ctx.notes.pop(row["id"])
        correction = {
            **change,
            "visit_id": row["visit_id"],
            "revision": ctx.need("visit", row["visit_id"])["revision"],
            "reason": row["decision_note"],
            "author_id": ctx.person_id,
            "made_at": ctx.now,
            "appeal_id": row["id"],
        }
        ctx.change("correction", new_id(), correction)
        ctx.change("visit", row["visit_id"], {"final_score": change["score_after"]})
        ctx.settle()
        ctx.session.expire_all()
        record_visit(ctx.session, row["visit_id"], now=lambda: ctx.now)


def _invalid(field: str, reason: str) -> Problem:
    place = f"appeal.{field}"
    return Problem(Code.INVALID_FIELD, {"field": place}, [Place(place, reason)])


HANDLERS: dict[str, Handler] = {"appeal": AppealHandler()}
"""By entity, for sync_server.sync.handlers."""

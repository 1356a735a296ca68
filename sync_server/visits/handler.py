"""Who may do what with assignments, visits and their parts; what happens when a visit moves on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from shared_models.checklists.document import Question
from shared_models.checklists.repeats import MOST_NUMBERED
from shared_models.people.access import DESK_ROLES, Role
from shared_models.problems import Code, Place, Problem
from shared_models.sync.wire import Op, OpKind
from shared_models.visits.marks import are_marks
from shared_models.visits.states import (
    ASSIGNMENT_TRANSITIONS,
    EDITABLE,
    REPLY_WINDOW,
    next_visit_status,
    visiting_roles,
)
from shared_models.visits.validation import answer_fault
from sync_server.calls.ending import end_call, need_over
from sync_server.checklists.service import document_of, questions_of, repeating_of
from sync_server.company.rules import due_after
from sync_server.insight.facts import record_visit
from sync_server.plans import focus
from sync_server.sync.handler import Handler, WriteContext
from sync_server.sync.journal import Values
from sync_server.visits import repository, service
from sync_server.visits.answering import answers_of, plain_values
from sync_server.visits.moving import moved
from sync_server.visits.tables import visit_check


def _invalid(place: str, reason: str) -> Problem:
    return Problem(Code.INVALID_FIELD, {"field": place}, [Place(place, reason)])


OWN_MOVES = frozenset({"submit", "move"})
"""What the visitor does with a visit; all else is decided by a desk."""


def _need_editable(visit: Values) -> None:
    if visit["status"] not in EDITABLE:
        raise Problem(Code.VISIT_SEALED, {"status": visit["status"]})


class VisitHandler(Handler):
    """A visit is changed by its visitor until it is submitted, and decided on by a desk over the dealer."""

    looks_by_context = True
    moves_by_context = frozenset({"submit"})

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """Own visits only; decisions by managers of the dealer and headquarters, never on one's own visit."""
        if row is None:
            if values["person_id"] != ctx.person_id:
                raise Problem(Code.NOT_ALLOWED)
            roles = visiting_roles(values["source"])
            if not ctx.access.has(*roles):
                raise Problem(Code.NOT_ALLOWED)
            if not values["assignment_id"] and not ctx.reaches(values["dealer_id"], *roles):
                raise Problem(Code.OUT_OF_SCOPE)
            return
        mine = row["person_id"] == ctx.person_id
        if op.kind is OpKind.TRANSITION and op.fields.get("action") not in OWN_MOVES:
            if not ctx.reaches(row["dealer_id"], *DESK_ROLES):
                raise Problem(Code.OUT_OF_SCOPE)
            if mine:
                raise Problem(Code.NOT_ALLOWED, {"action": op.fields.get("action")})
            return
        if not mine:
            raise Problem(Code.OUT_OF_SCOPE)
        if op.kind is not OpKind.TRANSITION:
            _need_editable(row)
        if op.kind is OpKind.DELETE and row["revision"]:
            raise Problem(Code.VISIT_SEALED, {"status": row["status"]})

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """A new visit has the source of its checklist, and an assignment given is the person's own."""
        if row is not None:
            return values
        if values["assignment_id"]:
            given = ctx.find("assignment", values["assignment_id"])
            same = given is not None and all(
                given[name] == values[name] for name in ("person_id", "dealer_id", "template_version_id")
            )
            if not same:
                raise _invalid("visit.assignment_id", "not this visit's assignment")
        source = document_of(ctx.session, values["template_version_id"]).source
        if values["source"] != source.value:
            raise _invalid("visit.source", source.value)
        return values

    def transition(self, ctx: WriteContext, row: Values, action: str, fields: Values) -> Values:
        """Submit, move to a newer checklist, accept, return, reject."""
        status = next_visit_status(row["status"], action, ctx.access.roles).value
        if action == "move":
            return {"status": status, **moved(ctx, row, fields)}
        if action != "submit":
            note = str(fields.get("review_note") or "")
            if action == "accept" and not row["evidence_complete"] and not note.strip():
                raise Problem(Code.EVIDENCE_INCOMPLETE)
            return {
                "status": status,
                "reviewed_by": ctx.person_id,
                "reviewed_at": ctx.now,
                "review_note": note,
                "reply_due_at": due_after(ctx.session, ctx.now, REPLY_WINDOW) if action == "return" else None,
            }
        manifest = fields.get("manifest")
        if not isinstance(manifest, dict):
            raise _invalid("visit.manifest", "missing")
        ctx.notes[row["id"]] = service.check_submission(ctx.session, row, manifest, ctx.rows_in)
        return {
            "status": status,
            "submitted_at": fields.get("submitted_at") or ctx.now,
            "score": fields.get("score"),
            "revision": row["revision"] + (1 if row["status"] == "returned" else 0),
            "manifest": manifest,
            "evidence_complete": service.evidence_complete(ctx.session, manifest),
            "reply_due_at": None,
            "final_score": None,
        }

    def already(self, ctx: WriteContext, row: Values, action: str) -> bool:
        """A decision that stands already is not a conflict."""
        return (action, row["status"]) in {("accept", "accepted"), ("reject", "rejected")}

    def after(self, ctx: WriteContext, row: Values, action: str, before: Values) -> None:
        """A submission notes both scores and ends its assignment; an accepted visit enters the figures."""
        if action == "submit":
            computed = ctx.notes.pop(row["id"])
            line = repository.check_line(
                row["id"],
                row["revision"],
                device=row["score"],
                server=computed,
                flag="" if computed == row["score"] else "score_differs",
                at=ctx.now,
            )
            ctx.add(visit_check, line)
            given = ctx.find("assignment", row["assignment_id"]) if row["assignment_id"] else None
            if given is not None and given["status"] in {"planned", "accepted", "started"}:
                ctx.change("assignment", given["id"], {"status": "done"})
                if given["call_id"]:
                    end_call(ctx, given, interviewed=True)
        elif action == "accept":
            ctx.session.expire_all()
            record_visit(ctx.session, row["id"])


class _PartHandler(Handler):
    """Part of a visit: changed by the visitor while the visit is open."""

    looks_by_context = True

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """Own visit, not sealed."""
        _need_own_open(ctx, ctx.need("visit", (row or values)["visit_id"]))


def _need_own_open(ctx: WriteContext, visit: Values) -> None:
    if visit["person_id"] != ctx.person_id:
        raise Problem(Code.OUT_OF_SCOPE)
    _need_editable(visit)


class _DriveHandler(_PartHandler):
    """The test drive and its stamps."""

    def cleared(self, ctx: WriteContext, root: Values) -> Callable[[Values], Values]:
        """Nothing more is asked of them."""
        _need_own_open(ctx, root)
        return lambda values: values


class AnswerHandler(_PartHandler):
    """Answers fit their question."""

    def cleared(self, ctx: WriteContext, root: Values) -> Callable[[Values], Values]:
        """The questions are those of the visit's checklist."""
        _need_own_open(ctx, root)
        version = root["template_version_id"]
        questions, repeating = questions_of(ctx.session, version), repeating_of(ctx.session, version)

        def check(values: Values) -> Values:
            _need_fitting(questions, repeating, values)
            return values

        return check

    def many(self, ctx: WriteContext, root: Values) -> Callable[[Sequence[Op]], list[Values] | None]:
        """Answers of nearly every kind, without a look at each field."""
        check = self.cleared(ctx, root)
        version = root["template_version_id"]
        plain = plain_values(version, questions_of(ctx.session, version))
        return lambda ops: answers_of(root["id"], ops, plain, check)

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """The question stands in the visit's checklist and the value is one it can have."""
        whole = values if row is None else {**row, **values}
        version = ctx.need("visit", whole["visit_id"])["template_version_id"]
        _need_fitting(questions_of(ctx.session, version), repeating_of(ctx.session, version), whole)
        return values


def _need_fitting(questions: Mapping[str, Question], repeating: frozenset[str], answer: Values) -> None:
    question = questions.get(answer["question"])
    if question is None:
        raise _invalid(f"answer.{answer['question']}", "not in this checklist")
    if answer["repeat"] and not (question.code in repeating and 0 < answer["repeat"] < MOST_NUMBERED):
        raise _invalid(f"answer.{question.code}", "repeat")
    fault = answer_fault(question, answer["state"], answer["value"])
    if fault is not None:
        raise _invalid(f"answer.{question.code}", fault)


class AttachmentHandler(_PartHandler):
    """Photos and recordings: of an open visit, of the progress of a plan's action, or of an appeal."""

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """As the visit's other parts; on a plan by the dealer's people and desks over it; on an appeal by the
        dealer's people until it is decided."""
        whole = row or values
        if whole["visit_id"]:
            super().authorise(ctx, op, row, values)
            return
        if whole["appeal_id"]:
            appeal = ctx.need("appeal", whole["appeal_id"])
            if not ctx.reaches(appeal["dealer_id"], Role.OWNER):
                raise Problem(Code.OUT_OF_SCOPE)
            if appeal["status"] != "filed":
                raise Problem(
                    Code.TRANSITION_NOT_ALLOWED, {"status": appeal["status"], "action": op.kind.value}
                )
            return
        plan = ctx.need("plan", whole["plan_id"])
        if not ctx.reaches(plan["dealer_id"], *DESK_ROLES, Role.OWNER):
            raise Problem(Code.OUT_OF_SCOPE)

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """Named by a whole SHA-256; a file that is here already gives its receipt at once."""
        if not are_marks(values.get("marks", [])):
            raise _invalid("attachment.marks", "strokes of points 0..1")
        if row is not None:
            return values
        digest = values["sha256"]
        if len(digest) != 64 or any(letter not in "0123456789abcdef" for letter in digest):
            raise _invalid("attachment.sha256", "not a SHA-256")
        owners = sum(bool(values[name]) for name in ("visit_id", "plan_id", "appeal_id"))
        if values["size"] < 0 or owners != 1:
            raise _invalid("attachment.visit_id", "belongs to a visit, to a plan or to an appeal")
        at = repository.stored_at(ctx.session, [digest]).get(digest)
        return {**values, "stored_at": at}


class ReviewNoteHandler(Handler):
    """A reviewer asks about a submitted visit; the visitor replies once it is returned."""

    looks_by_context = True

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """Notes by a desk over the dealer, replies by the visitor."""
        visit = ctx.need("visit", (row or values)["visit_id"])
        if row is None:
            if not ctx.reaches(visit["dealer_id"], *DESK_ROLES):
                raise Problem(Code.OUT_OF_SCOPE)
            if values["author_id"] != ctx.person_id:
                raise Problem(Code.NOT_ALLOWED)
            if visit["status"] != "submitted":
                raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": visit["status"], "action": "note"})
            return
        if visit["person_id"] != ctx.person_id or op.kind is OpKind.DELETE:
            raise Problem(Code.NOT_ALLOWED)
        _need_editable(visit)


class CorrectionHandler(Handler):
    """A reviewer reads an answer differently before deciding; what was recorded stays beside it."""

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """A desk over the dealer while the visit waits for its review, never on one's own visit."""
        if op.kind is not OpKind.CREATE:
            raise Problem(Code.NOT_ALLOWED)
        visit = ctx.need("visit", (row or values)["visit_id"])
        if not ctx.reaches(visit["dealer_id"], *DESK_ROLES):
            raise Problem(Code.OUT_OF_SCOPE)
        if visit["person_id"] == ctx.person_id:
            raise Problem(Code.NOT_ALLOWED)
        if row is None and visit["status"] != "submitted":
            raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": visit["status"], "action": "correct"})

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """Fits its question and changes something; the visit's final score follows it."""
        if row is not None:
            return values
        visit = ctx.need("visit", values["visit_id"])
        if values["revision"] != visit["revision"]:
            raise _invalid("correction.revision", str(visit["revision"]))
        if not values["reason"].strip():
            raise _invalid("correction.reason", "missing")
        ctx.settle()
        found = service.check_correction(ctx.session, visit, values)
        ctx.change("visit", visit["id"], {"final_score": found["score_after"]})
        return {**values, **found, "author_id": ctx.person_id, "made_at": ctx.now}


class AssignmentHandler(Handler):
    """Planned by a desk over the dealer; taken up, declined and finished by the person it names."""

    looks_by_context = True
    moves_by_context = frozenset(action for _, action in ASSIGNMENT_TRANSITIONS)

    def authorise(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> None:
        """See the class."""
        whole = row or values
        mine = whole["person_id"] == ctx.person_id
        if op.kind is OpKind.TRANSITION and mine and op.fields.get("action") != "cancel":
            return
        if not ctx.reaches(whole["dealer_id"], *DESK_ROLES):
            raise Problem(Code.OUT_OF_SCOPE)
        if op.kind is OpKind.TRANSITION and op.fields.get("action") != "cancel":
            raise Problem(Code.NOT_ALLOWED, {"action": op.fields.get("action")})
        if op.kind is OpKind.DELETE and (whole["status"] != "planned" or whole["call_id"]):
            raise Problem(Code.TRANSITION_NOT_ALLOWED, {"status": whole["status"], "action": "delete"})

    def check(self, ctx: WriteContext, op: Op, row: Values | None, values: Values) -> Values:
        """The window ends no earlier than it begins."""
        whole = values if row is None else {**row, **values}
        if whole["window_end"] < whole["window_start"]:
            raise _invalid("assignment.window_end", "before its start")
        return values

    def made(self, ctx: WriteContext, row: Values) -> None:
        """The visitor is told what the visit will judge, as with one that a desk plans over HTTP."""
        ctx.settle()
        change = focus.first(ctx.session, row["id"], row["dealer_id"], row["person_id"])
        if change is not None:
            ctx.change("focus", change.row_id, change.values)

    def already(self, ctx: WriteContext, row: Values, action: str) -> bool:
        """Two ways lead to started and done; the second one finds it so."""
        return any(
            act == action and after == row["status"]
            for (_, act), (after, _) in ASSIGNMENT_TRANSITIONS.items()
        )

    def transition(self, ctx: WriteContext, row: Values, action: str, fields: Values) -> Values:
        """The next state by the table of transitions."""
        try:
            after, roles = ASSIGNMENT_TRANSITIONS[row["status"], action]
        except KeyError:
            values = {"status": row["status"], "action": action}
            raise Problem(Code.TRANSITION_NOT_ALLOWED, values) from None
        if ctx.access.roles.isdisjoint(roles):
            raise Problem(Code.NOT_ALLOWED, {"action": action})
        if action == "decline" and not str(fields.get("decline_reason") or "").strip():
            raise _invalid("assignment.decline_reason", "missing")
        if action == "give_up":
            need_over(ctx, row)
        return {"status": after}

    def after(self, ctx: WriteContext, row: Values, action: str, before: Values) -> None:
        """A call that is given up or cancelled ends its task."""
        if row["call_id"] and action in {"give_up", "cancel"}:
            end_call(ctx, row, interviewed=False)


HANDLERS: dict[str, Handler] = {
    "assignment": AssignmentHandler(),
    "visit": VisitHandler(),
    "answer": AnswerHandler(),
    "attachment": AttachmentHandler(),
    "test_drive": _DriveHandler(),
    "test_drive_event": _DriveHandler(),
    "review_note": ReviewNoteHandler(),
    "correction": CorrectionHandler(),
}
"""Handlers of this slice by entity."""

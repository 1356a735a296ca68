"""What persons do in the simulator: record visits, review them, write plans together, carry out actions."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from field_app.plans.workflow import Photo, PlanDraft
from field_app.store.tables import outbox_op
from field_app.visits.workflow import VisitSession
from shared_models import ids
from shared_models.checklists import Question, QuestionKind
from shared_models.insight import WeakItem
from tests.sync.devices import SimDevice

if TYPE_CHECKING:
    from tests.sync.simulator import Simulation

Act = Callable[["Simulation", SimDevice, random.Random], Awaitable[str]]
"""Does something and says what, "" if there was nothing to do."""


async def sync(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """One run of sync, sometimes with the person at work while an answer is on its way."""
    if chance.random() < 0.4:
        device.net.meanwhile = lambda: _meanwhile(run, device, chance)
    return await run.sync(device)


async def _meanwhile(run: Simulation, device: SimDevice, chance: random.Random) -> None:
    """The person changes an answer that is just being sent, or goes on working."""
    with device.store.read() as connection:
        sent = select(outbox_op.c.row_id).where(outbox_op.c.entity == "answer", outbox_op.c.attempts > 0)
        row_ids = sorted(connection.execute(sent).scalars())
    row = device.store.row("answer", chance.choice(row_ids)) if row_ids else None
    if row is None:
        work = "tap" if device.login.startswith("shopper") else "plan"
        if device.login != "owner":
            await ACTS[work](run, device, chance)
        return
    visit = await device.visit(row["visit_id"])
    if visit.editable:
        await answer(run, visit, visit.document.question(row["question"]), chance)


# -- visits ------------------------------------------------------------------------------------------------


async def open_visit(run: Simulation, device: SimDevice, chance: random.Random) -> VisitSession | None:
    """A draft of the person, or the visit of an assignment."""
    view = await device.today.load()
    drafts = sorted(card.id for card in (*view.drafts, *view.returned))
    if drafts and (not view.assignments or chance.random() < 0.8):
        return await device.visit(chance.choice(drafts))
    if not view.assignments:
        return None
    visit = await device.today.start_visit(chance.choice(view.assignments).id)
    device.open_visits[visit.id] = visit
    return visit


async def tap(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """One tap in a visit."""
    visit = await open_visit(run, device, chance)
    if visit is None:
        return ""
    kind = chance.choice(("answer",) * 5 + ("photo", "drop", "note", "clear", "stamp", "comment", "reply"))
    if kind == "photo":
        if chance.random() < 0.3 and run.photos:
            photo = chance.choice(run.photos)  # the same picture once more
        else:
            photo = chance.randbytes(chance.randrange(1000, 60_000))
            run.photos.append(photo)
        await _attach(run, visit, chance.choice(visit.shown), photo)
    elif kind == "drop" and visit.attachments:
        dropped = chance.choice(sorted(a["id"] for a in visit.attachments))
        (code,) = (one["question"] for one in visit.attachments if one["id"] == dropped)
        await _counting(run, visit, code, -1, visit.remove_attachment(dropped))
    elif kind == "note":
        await visit.set_visit(chance.choice(("note", "consultant")), f"note {chance.randrange(1000)}")
    elif kind == "stamp":
        await visit.drive_stamp(chance.choice(("greeted", "offered", "back")))
    elif kind == "comment":
        await visit.comment(chance.choice(visit.shown), f"comment {chance.randrange(1000)}")
    elif kind == "reply" and visit.notes:
        await visit.reply(chance.choice(sorted(n["id"] for n in visit.notes)), f"reply {chance.random():.3f}")
    elif kind == "clear" and visit.answers:
        code = chance.choice(sorted(visit.answers))
        await run.saving(visit, code, "cleared", visit.clear(code))
    else:
        kind = "answer"
        await answer(run, visit, visit.document.question(chance.choice(visit.shown)), chance)
    return f"{kind} {visit.id[-4:]}"


async def _attach(run: Simulation, visit: VisitSession, code: str, photo: bytes) -> None:
    """Take a photo for a question."""
    await _counting(run, visit, code, +1, visit.attach(code, photo, "image/jpeg"))


async def _counting(
    run: Simulation, visit: VisitSession, code: str, by: int, work: Awaitable[object]
) -> None:
    """Where photos are what a question asks for, their number is its answer."""

    async def done() -> None:
        await work

    if visit.document.question(code).kind is QuestionKind.PHOTO:
        count = by + sum(one["question"] == code and one["kind"] == "photo" for one in visit.attachments)
        await run.saving(visit, code, f"answered {count}" if count else "cleared", done())
    else:
        await done()


async def answer(run: Simulation, visit: VisitSession, question: Question, chance: random.Random) -> None:
    """Answer a question with any value that fits it."""
    state, value = _value(question, chance)
    await run.saving(visit, question.code, f"{state} {value}", visit.answer(question.code, state, value))


def _value(question: Question, chance: random.Random) -> tuple[str, Any]:
    match question.kind:
        case QuestionKind.YES_NO:
            return "answered", chance.choice(("yes", "yes", "no"))
        case QuestionKind.YES_NO_NA:
            value = chance.choice(("yes", "yes", "no", None))
            return ("answered" if value else "na"), value
        case QuestionKind.DURATION:
            return "answered", chance.randrange(600)
        case QuestionKind.SCALE:
            return "answered", chance.randrange(1, 6)
        case QuestionKind.PHOTO:
            return "na", None
        case _:
            return "answered", f"text {chance.randrange(1000)}"


async def submit(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """Complete a visit and submit it."""
    visit = await open_visit(run, device, chance)
    if visit is None:
        return ""
    while visit.completeness.unanswered:
        await answer(run, visit, visit.document.question(visit.completeness.unanswered[0]), chance)
    for lacking in visit.completeness.missing_evidence:
        for _ in range(lacking.count):
            await _attach(run, visit, lacking.question, chance.randbytes(3000))
    await visit.submit()
    return f"submit {visit.id[-4:]}"


async def look(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """Review a submitted visit."""
    cards = await device.review.load()
    if not cards:
        return ""
    session = await device.review.open(chance.choice(cards).id)
    what = chance.choice(("accept", "return", "return", "reject"))
    if what == "accept":
        await session.accept("seen on the tablet" if session.reason_to_accept else "")
    elif what == "return":
        await session.send_back({session.shown[0]: "Sure?"}, "please look again")
    else:
        await session.reject("no")
    return f"{what} {session.id[-4:]}"


# -- plans -------------------------------------------------------------------------------------------------


_WRITING = (
    *("title", "summary", "cause", "cause", "action", "action", "new cause", "new action"),
    *("drop cause", "drop action", "item", "publish"),
)


async def plan(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """Work at a plan that others work at too."""
    drafts = sorted((await device.plans.load("draft")).ids)
    if not drafts or chance.random() < 0.05:
        dealer = chance.choice(sorted(row["id"] for row in device.store.by("dealer")))
        made = await device.plans.create([_weak(dealer, "tidy")], f"plan {chance.randrange(1000)}")
        made.close()
        return f"begin plan {made.id[-4:]}"
    draft = await device.plans.open(chance.choice(drafts))
    try:
        kind = chance.choice(_WRITING)
        return f"{kind} {draft.id[-4:]}" if await _write_plan(device, draft, kind, chance) else ""
    finally:
        draft.close()


async def _write_plan(device: SimDevice, draft: PlanDraft, kind: str, chance: random.Random) -> bool:
    word = f"words {chance.randrange(1000)}"
    item = chance.choice([row["id"] for row in draft.items]) if draft.items else None
    causes, actions = [r["id"] for r in draft.causes], sorted(r["id"] for r in draft.actions)
    match kind:
        case "title" | "summary":
            await draft.set_plan(kind, word)
        case "cause" if causes:
            await draft.change_cause(chance.choice(causes), **chance.choice(({"text": word}, {"code": word})))
        case "action" if actions:
            change: dict[str, Any] = {"measure": word} if chance.random() < 0.7 else {"method": "training"}
            await draft.change_action(chance.choice(actions), **change)
        case "new cause" if item:
            await draft.add_cause(item, "reception", word)
        case "new action":
            parts = {"owner_id": draft.plan["author_id"], "measure": word} if chance.random() < 0.3 else {}
            await draft.add_action(item, **parts)
        case "drop cause" if causes:
            await draft.remove_cause(chance.choice(causes))
        case "drop action" if actions:
            await draft.remove_action(chance.choice(actions))
        case "item":
            code = chance.choice(("tidy", "open", "shown"))
            there = [row["id"] for row in draft.items if row["item_id"] == ids.derived_id("item", code)]
            if there:
                await draft.remove_item(there[0])
            else:
                await draft.add_item(_weak(draft.plan["dealer_id"], code))
        case "publish" if not draft.gaps and chance.random() < 0.3:
            await draft.publish()
        case _:
            return False
    return True


def _weak(dealer_id: str, code: str) -> WeakItem:
    """A finding as the figures would give it; only its names matter here."""
    names = dict.fromkeys(("dealer_code", "dealer_name", "dealer_name_en", "item_name", "item_name_en"), "")
    return WeakItem.model_construct(
        dealer_id=dealer_id, item_id=ids.derived_id("item", code), item_code=code, month="2026-10",
        item_short="", item_short_en="", **names,
    )  # fmt: skip


_MOVES = {"accept", "start", "progress", "finish", "verify", "send_back"}


async def carry_out(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """Move an own or supervised action on."""
    view = await device.actions.load()
    ids = sorted((*view.own.ids, *view.supervised.ids))
    if not ids:
        return ""
    card = device.actions.card(chance.choice(ids))
    may = sorted(
        device.actions.may(card.id) & {"accept", "start", "progress", "finish", "verify", "send_back"}
    )
    if not may:
        return ""
    what = chance.choice(may)
    if what in ("start", "accept"):
        await getattr(device.actions, what)(card.id)
    elif what == "progress":
        photos = [Photo(chance.randbytes(2000), "image/jpeg")] if chance.random() < 0.4 else []
        await device.actions.progress(card.id, chance.randrange(100), "went on", photos)
    elif what == "finish":
        await device.actions.finish(card.id, "done")
    elif what == "verify":
        await device.actions.verify(card.id)
    else:
        await device.actions.send_back(card.id, "not yet")
    return f"{what} action {card.id[-4:]}"


# -- refused changes ---------------------------------------------------------------------------------------


async def decide(run: Simulation, device: SimDevice, chance: random.Random) -> str:
    """Try a refused change again, or set it aside."""
    aggregates = sorted({held.aggregate_id for held in device.store.held()})
    if not aggregates:
        return ""
    aggregate = chance.choice(aggregates)
    if chance.random() < 0.5:
        await run.try_again(device, aggregate)
        return f"try again {aggregate[-4:]}"
    await run.give_up(device, aggregate)
    return f"set aside {aggregate[-4:]}"


ACTS: dict[str, Act] = {
    "sync": sync,
    "tap": tap,
    "submit": submit,
    "look": look,
    "plan": plan,
    "carry out": carry_out,
    "decide": decide,
}
"""By name."""

_VISITOR = ("tap",) * 6 + ("sync",) * 3 + ("submit", "decide")
_DESK = ("plan",) * 5 + ("sync",) * 3 + ("look", "look", "decide")
_AT_THE_DEALER = ("carry out",) * 4 + ("sync",) * 3 + ("decide",)

WORK: dict[str, tuple[str, ...]] = {
    "shopper": _VISITOR,
    "shopper2": _VISITOR,
    "manager": _DESK,
    "hq": _DESK,
    "owner": _AT_THE_DEALER,
    "colleague": _AT_THE_DEALER,
}
"""What each person does, as often as it is named."""

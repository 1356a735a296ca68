"""One visit's whole way between real devices and the real server: record, submit, return, answer, accept."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select

from field_app.store.store import Counts
from shared_models.problems import Code
from sync_server.sync.journal import write_row
from sync_server.sync.tables import sync_op
from tests.sync.simulator import Simulation

QUIET = Counts(pending=0, held=0, files=0, file_bytes=0, poisoned=0)


class Story(Simulation):
    """The simulator's world with nothing left to chance."""

    async def submitted(self, tablet: int = 2) -> str:
        """The second shopper records and submits a visit offline."""
        device = self.devices[tablet]
        await device.engine.run_once()
        view = await device.today.load()
        visit = await device.today.start_visit(view.assignments[0].id)
        device.net.down = True
        for code in visit.shown:
            await self._answer(visit, visit.document.question(code))
        for lacking in visit.completeness.missing_evidence:
            for _ in range(lacking.count):
                await visit.attach(lacking.question, self.chance.randbytes(300_000), "image/jpeg")
        await visit.attach("", b"the showroom", "image/jpeg")
        while visit.completeness.unanswered:
            await self._answer(visit, visit.document.question(visit.completeness.unanswered[0]))
        await visit.submit()
        device.net.down = False
        return visit.id


async def tell(story: Story, work) -> None:  # type: ignore[no-untyped-def]
    try:
        await work(story)
    finally:
        await story.close()


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(7, tmp_path, fault_rate=0, kill_rate=0)


def test_a_visit_recorded_offline_is_returned_answered_and_accepted(story: Story) -> None:
    async def work(s: Story) -> None:
        shopper, manager = s.devices[2], s.devices[3]
        visit_id = await s.submitted()
        score = shopper.store.row("visit", visit_id)["score"]
        await s._sync(shopper)
        assert shopper.store.counts() == QUIET
        await s._sync(manager)
        (card,) = await manager.review.load()
        assert (card.id, card.percent, card.evidence_complete) == (visit_id, score, True)
        session = await manager.review.open(visit_id)
        await session.send_back({session.shown[0]: "How so?"}, "one question")
        await s._sync(manager)
        await s._sync(shopper)
        (returned,) = (await shopper.today.load()).returned
        assert (returned.id, returned.open_notes, returned.review_note) == (visit_id, 1, "one question")
        visit = await shopper.today.open(visit_id)
        await visit.reply(visit.notes[0]["id"], "It was closed")
        await visit.submit()
        await s._sync(shopper)
        await s._sync(manager)
        session = await manager.review.open(visit_id)
        assert (session.visit["revision"], session.notes[0]["reply"]) == (1, "It was closed")
        await session.accept()
        await s._sync(manager)
        await s._sync(shopper)
        row = shopper.store.row("visit", visit_id)
        assert (row["status"], row["evidence_complete"]) == ("accepted", True)
        assert isinstance(row["score"], Decimal)
        for device in s.devices[2:]:
            assert device.store.counts() == QUIET
            await s._device_agrees_with_server(device)

    asyncio.run(tell(story, work))


def test_two_tablets_of_one_person_merge_their_answers(story: Story) -> None:
    async def work(s: Story) -> None:
        first, second = s.devices[:2]
        view = await (await _synced(s, first)).today.load()
        visit = await first.today.start_visit(view.assignments[0].id)
        await visit.set_visit("note", "from the first")
        await s._sync(first)
        await s._sync(second)
        other = await second.today.open(visit.id)
        codes = [q.code for q in visit.document.questions() if q.kind.value.startswith("yes_no")][:3]
        first.net.down = second.net.down = True
        await visit.answer(codes[0], value="yes")
        await visit.answer(codes[1], value="yes")
        s.clock.forward(minutes=1)
        await other.answer(codes[1], value="no")
        await other.answer(codes[2], value="no")
        first.net.down = second.net.down = False
        for device in (second, first, second, first):
            await s._sync(device)
        for device in (first, second):
            assert device.store.counts() == QUIET
            answers = (await device.today.open(visit.id)).answers
            assert {code: answers[code].value for code in codes} == dict(
                zip(codes, ("yes", "no", "no"), strict=True)
            )
            await s._device_agrees_with_server(device)

    async def _synced(s: Story, device):  # type: ignore[no-untyped-def]
        await s._sync(device)
        return device

    asyncio.run(tell(story, work))


def test_a_sealed_visit_refuses_the_other_tablets_late_answer_and_says_so(story: Story) -> None:
    async def work(s: Story) -> None:
        first, second = s.devices[:2]
        await s._sync(first)
        view = await first.today.load()
        visit = await first.today.start_visit(view.assignments[0].id)
        await s._sync(first)
        await s._sync(second)
        late = await second.today.open(visit.id)
        code = late.shown[0]
        second.net.down = True
        while visit.completeness.unanswered:
            await s._answer(visit, visit.document.question(visit.completeness.unanswered[0]))
        for lacking in visit.completeness.missing_evidence:
            await visit.attach(lacking.question, b"photo", "image/jpeg")
        await visit.submit()
        await s._sync(first)
        await late.comment(code, "too late")
        second.net.down = False
        await s._sync(second)
        (held,) = second.engine.status.held
        assert held.problem is not None
        assert (held.problem.code, held.aggregate_id) == (Code.VISIT_SEALED, visit.id)
        assert (await second.today.open(visit.id)).comments[code] == "too late"
        await second.store.set_aside(visit.id)
        await s._sync(second)
        await s._device_agrees_with_server(second)

    asyncio.run(tell(story, work))


def test_a_revoked_persons_records_still_arrive_in_quarantine(story: Story) -> None:
    async def work(s: Story) -> None:
        shopper = s.devices[2]
        await s.submitted()
        with s.world.db.write() as session:
            write_row(session, "person", shopper.person_id, {"active": False})
        report = await shopper.engine.run_once()
        assert report.problem is not None
        assert shopper.engine.status.revoked
        assert shopper.store.counts().held == report.pushed
        assert shopper.store.counts().pending == 0
        with s.world.db.read() as session:
            kept = session.execute(select(sync_op.c.outcome)).scalars().all()
        assert set(kept) == {"quarantined"}
        assert len(kept) == report.pushed

    asyncio.run(tell(story, work))


def test_a_person_moved_to_another_region_keeps_only_what_is_theirs_to_see(story: Story) -> None:
    async def work(s: Story) -> None:
        manager = s.devices[3]
        visit_id = await s.submitted()
        await s._sync(s.devices[2])
        await s._sync(manager)
        assert manager.store.row("visit", visit_id) is not None
        with s.world.db.write() as session:
            (grant,) = (
                row for row in manager.store.by("role_grant") if row["person_id"] == manager.person_id
            )
            write_row(session, "role_grant", grant["id"], {"scope_id": s.world.regions["S"]})
        await s._sync(manager)
        assert manager.store.row("visit", visit_id) is None
        assert manager.store.by("answer") == []
        await s._device_agrees_with_server(manager)

    asyncio.run(tell(story, work))

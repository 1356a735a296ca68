"""One visit's whole way between real devices and the real server: record, submit, return, answer, accept."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest
from sqlalchemy import select, update

from field_app.store.store import Counts
from field_app.store.tables import outbox_op
from shared_models.problems import Code
from sync_server.media.service import sweep
from sync_server.sync.epoch import note_backup
from sync_server.sync.journal import write_row
from sync_server.sync.oplog import lines_of
from tests.sync import befalls
from tests.sync.breaking import Killed
from tests.sync.ground import rows_of
from tests.sync.invariants import agrees
from tests.sync.persons import answer
from tests.sync.plan import Plan
from tests.sync.simulator import Simulation

QUIET = Counts(pending=0, held=0, files=0, file_bytes=0, poisoned=0)


class Story(Simulation):
    """The simulator's world with nothing left to chance."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.chance = self.plan.chance("story")
        for device in self.devices:
            device.schema = device.net.schema = None

    async def submitted(self, tablet: int = 2) -> str:
        """The second shopper records and submits a visit offline."""
        device = self.devices[tablet]
        await device.engine.run_once()
        view = await device.today.load()
        visit = await device.today.start_visit(view.assignments[0].id)
        device.net.down = True
        for code in visit.shown:
            await answer(self, visit, visit.document.question(code), self.chance)
        for lacking in visit.completeness.missing_evidence:
            for _ in range(lacking.count):
                await visit.attach(lacking.question, self.chance.randbytes(300_000), "image/jpeg")
        await visit.attach("", b"the showroom", "image/jpeg")
        while visit.completeness.unanswered:
            await answer(self, visit, visit.document.question(visit.completeness.unanswered[0]), self.chance)
        await visit.submit()
        device.net.down = False
        return visit.id


@pytest.fixture
def story() -> Story:
    return Story(Plan(7, cast=("shopper", "shopper", "shopper2", "manager")))


def test_a_visit_recorded_offline_is_returned_answered_and_accepted(story: Story) -> None:
    async def work(s: Story) -> None:
        shopper, manager = s.devices[2], s.devices[3]
        visit_id = await s.submitted()
        score = shopper.store.row("visit", visit_id)["score"]
        await s.sync(shopper)
        assert shopper.store.counts() == QUIET
        await s.sync(manager)
        (card,) = await manager.review.load()
        assert (card.id, card.percent, card.evidence_complete) == (visit_id, score, True)
        session = await manager.review.open(visit_id)
        await session.send_back({session.shown[0]: "How so?"}, "one question")
        await s.sync(manager)
        await s.sync(shopper)
        (returned,) = (await shopper.today.load()).returned
        assert (returned.id, returned.open_notes, returned.review_note) == (visit_id, 1, "one question")
        visit = await shopper.today.open(visit_id)
        await visit.reply(visit.notes[0]["id"], "It was closed")
        await visit.submit()
        await s.sync(shopper)
        await s.sync(manager)
        session = await manager.review.open(visit_id)
        assert (session.visit["revision"], session.notes[0]["reply"]) == (1, "It was closed")
        await session.accept()
        await s.sync(manager)
        await s.sync(shopper)
        row = shopper.store.row("visit", visit_id)
        assert (row["status"], row["evidence_complete"]) == ("accepted", True)
        assert isinstance(row["score"], Decimal)
        for device in s.devices[2:]:
            assert device.store.counts() == QUIET
            agrees(s, device)

    story.play(work(story))


def test_two_tablets_of_one_person_merge_their_answers(story: Story) -> None:
    async def work(s: Story) -> None:
        first, second = s.devices[:2]
        view = await (await _synced(s, first)).today.load()
        visit = await first.today.start_visit(view.assignments[0].id)
        await visit.set_visit("note", "from the first")
        await s.sync(first)
        await s.sync(second)
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
            await s.sync(device)
        for device in (first, second):
            assert device.store.counts() == QUIET
            answers = (await device.today.open(visit.id)).answers
            assert {code: answers[code].value for code in codes} == dict(
                zip(codes, ("yes", "no", "no"), strict=True)
            )
            agrees(s, device)

    async def _synced(s: Story, device):  # type: ignore[no-untyped-def]
        await s.sync(device)
        return device

    story.play(work(story))


def test_a_sealed_visit_refuses_the_other_tablets_late_answer_and_says_so(story: Story) -> None:
    async def work(s: Story) -> None:
        first, second = s.devices[:2]
        await s.sync(first)
        view = await first.today.load()
        visit = await first.today.start_visit(view.assignments[0].id)
        await s.sync(first)
        await s.sync(second)
        late = await second.today.open(visit.id)
        code = late.shown[0]
        second.net.down = True
        while visit.completeness.unanswered:
            await answer(s, visit, visit.document.question(visit.completeness.unanswered[0]), s.chance)
        for lacking in visit.completeness.missing_evidence:
            await visit.attach(lacking.question, b"photo", "image/jpeg")
        await visit.submit()
        await s.sync(first)
        await late.comment(code, "too late")
        second.net.down = False
        await s.sync(second)
        (held,) = second.engine.status.held
        assert held.problem is not None
        assert (held.problem.code, held.aggregate_id) == (Code.VISIT_SEALED, visit.id)
        assert (await second.today.open(visit.id)).comments[code] == "too late"
        await second.store.set_aside(visit.id)
        await s.sync(second)
        agrees(s, second)

    story.play(work(story))


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
            kept = [line.outcome.value for line in lines_of(session)]
        assert set(kept) == {"quarantined"}
        assert len(kept) == report.pushed

    story.play(work(story))


def test_a_person_moved_to_another_region_keeps_only_what_is_theirs_to_see(story: Story) -> None:
    async def work(s: Story) -> None:
        manager = s.devices[3]
        visit_id = await s.submitted()
        await s.sync(s.devices[2])
        await s.sync(manager)
        assert manager.store.row("visit", visit_id) is not None
        with s.world.db.write() as session:
            (grant,) = (
                row for row in manager.store.by("role_grant") if row["person_id"] == manager.person_id
            )
            write_row(session, "role_grant", grant["id"], {"scope_id": s.world.regions["S"]})
        await s.sync(manager)
        assert manager.store.row("visit", visit_id) is None
        assert manager.store.by("answer") == []
        agrees(s, manager)

    story.play(work(story))


def test_two_copies_of_a_database_that_change_one_unsent_row_both_get_through(story: Story) -> None:
    """L5: the second copy's op has an id that the first has used for other content."""

    async def work(s: Story) -> None:
        first = s.devices[2]
        await s.sync(first)
        visit = await first.today.start_visit((await first.today.load()).assignments[0].id)
        await visit.answer("P1", value="yes")
        s.clone(first)
        copy = s.devices[-1]
        copy.schema = copy.net.schema = None
        s.clock.forward(minutes=1)
        await (await copy.today.open(visit.id)).answer("P1", value="no")  # folded into the op
        for device in (first, copy, first):
            await s.sync(device)
            assert device.store.counts() == QUIET
            assert device.store.held() == []
        for device in (first, copy):
            assert (await device.today.open(visit.id)).answers["P1"].value == "no"
            agrees(s, device)

    story.play(work(story))


def test_a_restored_server_gets_back_a_visit_that_went_to_and_fro(story: Story) -> None:
    """The manager's tablet comes back first: its decisions wait for what only the shopper's brings."""

    async def work(s: Story) -> None:
        shopper, manager = s.devices[2], s.devices[3]
        await s.sync(shopper)
        backup = s.server_as_it_stands()
        visit_id = await s.submitted()
        await s.sync(shopper)
        await s.sync(manager)
        session = await manager.review.open(visit_id)
        await session.send_back({session.shown[0]: "How so?"}, "one question")
        await s.sync(manager)
        await s.sync(shopper)
        visit = await shopper.today.open(visit_id)
        await visit.reply(visit.notes[0]["id"], "It was closed")
        await visit.submit()
        await s.sync(shopper)
        await s.sync(manager)
        await (await manager.review.open(visit_id)).accept()
        await s.sync(manager)
        before = rows_of(s.world, "SELECT status, revision, score, evidence_complete FROM visit ORDER BY id")

        s.restore_server(backup)
        await s.sync(manager)
        assert manager.store.counts().pending
        assert not manager.store.counts().held
        for device in (shopper, manager, shopper, manager, shopper):
            await s.sync(device)
        after = rows_of(s.world, "SELECT status, revision, score, evidence_complete FROM visit ORDER BY id")
        assert after == before
        assert shopper.store.row("visit", visit_id)["status"] == "accepted"
        assert (shopper.store.counts(), manager.store.counts()) == (QUIET, QUIET)

    story.play(work(story))


def test_a_tablet_keeps_confirmed_work_until_two_backups_hold_it(story: Story) -> None:
    async def work(s: Story) -> None:
        shopper = s.devices[2]
        await s.submitted()
        await s.sync(shopper)
        assert shopper.kept()
        for kept in (True, False):
            s.clock.forward(hours=1)
            with s.world.db.write() as session:
                note_backup(session, s.clock())
            s.clock.forward(minutes=2)
            await s.sync(shopper)
            assert bool(shopper.kept()) is kept

    story.play(work(story))


def test_a_file_whose_upload_has_expired_half_way_is_sent_anew(story: Story) -> None:
    """The server answers a HEAD without a body: what it means must be read from the status alone."""

    async def work(s: Story) -> None:
        shopper = s.devices[2]
        await s.sync(shopper)
        view = await shopper.today.load()
        visit = await shopper.today.start_visit(view.assignments[0].id)
        await visit.attach("", s.chance.randbytes(50_000), "image/jpeg")
        passes = shopper.net._pass

        async def cut(request: httpx.Request, body: bytes) -> httpx.Response:
            if request.method == "PATCH":
                raise httpx.WriteError("cut", request=request)
            return await passes(request, body)

        shopper.net._pass = cut  # type: ignore[method-assign]
        await s.sync(shopper)
        assert shopper.store.counts().files == 1
        shopper.net._pass = passes  # type: ignore[method-assign]
        s.clock.forward(days=8)
        await s.sync(s.devices[1])
        with s.world.db.write(journal=False) as session:
            sweep(session, s.world.app.state.blobs, s.clock())
        await s.sync(shopper)
        assert shopper.store.counts() == QUIET

    story.play(work(story))


def test_a_change_tried_again_is_known_as_such_although_the_tablet_ends_just_then(story: Story) -> None:
    """The simulator's own book-keeping: the refused op has become another one, nobody waits for it."""

    async def work(s: Story) -> None:
        device = s.devices[2]
        await s.sync(device)
        view = await device.today.load()
        visit = await device.today.start_visit(view.assignments[0].id)
        with device.store.write() as connection:
            mine = outbox_op.c.aggregate_id == visit.id
            connection.execute(update(outbox_op).where(mine).values(state="conflict"))
            refused = set(connection.execute(select(outbox_op.c.op_id).where(mine)).scalars())
        await device.store.durable()
        device.local.awaits.arm(1)
        with pytest.raises(Killed):
            await s.try_again(device, visit.id)
        s.ended(device, power=False)
        assert not device.unconfirmed() & refused
        assert refused <= s.given_up

    story.play(work(story))


def test_a_change_let_in_for_a_place_one_has_left_does_not_stay_on_the_tablet(story: Story) -> None:
    """D1: its plan departed while the change was held, so nothing but the digests can tell of the row."""

    async def work(s: Story) -> None:
        manager = s.devices[3]
        await s.sync(manager)
        plan = (await manager.plans.load("draft")).ids[0]
        draft = await manager.plans.open(plan)
        await draft.add_action(draft.items[0]["id"], measure="tidy up")
        draft.close()
        befalls.shrink_scope(s, manager, s.chance)
        await s.sync(manager)
        assert manager.store.counts().held == 1
        befalls.shrink_scope(s, manager, s.chance)
        assert s.requeue_all() == 1
        befalls.shrink_scope(s, manager, s.chance)
        s.clock.forward(minutes=20)
        await s.sync(manager, calm=True)
        assert manager.store.counts() == QUIET
        agrees(s, manager)

    story.play(work(story))

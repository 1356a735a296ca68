"""Appeals: what a dealer sees of its accepted visit, how it disputes an answer, what a decision changes."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from shared_models.checklists.logic import AnswerValue
from shared_models.columns import sql_table
from shared_models.ids import new_id
from shared_models.visits.tables import Attachment, Correction
from sync_server.appeals.service import bare_jpeg
from sync_server.insight.tables import Observation
from tests.server.device import Device, Recording, record_visit, stored
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
Json = dict[str, Any]
DISPUTED = "F02"
"""A yes/no question of the sales visit that measures an item."""


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


class Clock:
    """The server's clock, moved by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(tmp_path: Path, clock: Clock) -> Any:
    made = make_world(tmp_path, now=clock)
    yield made
    made.close()


async def accepted(world: World, dealer: str = "N01", *, by: str = "manager") -> Recording:
    """A shopper's visit with one failed answer, accepted by a manager."""
    shopper = Device(world, "shopper")
    made = record_visit(
        shopper, dealer, template="sales_visit", changes={DISPUTED: AnswerValue("answered", "no")}
    )
    assert {one["outcome"] for one in await shopper.push()} == {"applied"}
    desk = Device(world, by)
    note = {"action": "accept", "review_note": "photos seen on the tablet"}
    desk.op(made.visit_id, "visit", made.visit_id, "transition", note, base=2)
    assert (await desk.push())[0]["outcome"] == "applied"
    return made


def file(device: Device, visit_id: str, dealer: str = "N01", question: str = DISPUTED, **more: Any) -> str:
    """The op of an appeal; its id."""
    appeal_id = new_id()
    fields = {
        "visit_id": visit_id,
        "dealer_id": device.world.dealers[dealer],
        "question": question,
        "text": "The sign was lit, see photo",
        **more,
    }
    device.op(appeal_id, "appeal", appeal_id, "create", fields)
    return appeal_id


def decide(device: Device, appeal_id: str, action: str, **fields: Any) -> None:
    """The op of a decision."""
    device.op(appeal_id, "appeal", appeal_id, "transition", {"action": action, **fields}, base=1)


def code(result: Json) -> str:
    """Outcome of an op, or the code of its problem."""
    return (result["problem"] or {}).get("code") or result["outcome"]


async def last(device: Device) -> str:
    """Push; the outcome of the last op."""
    return code((await device.push())[-1])


def observed(world: World, visit_id: str) -> list[tuple[str, str]]:
    """(question, state) of the living observations of a visit."""
    table = sql_table(Observation)
    with world.db.read() as session:
        rows = session.execute(
            select(table.c.question, table.c.state)
            .where(table.c.origin_id == visit_id, table.c.gone_cut.is_(None))
            .order_by(table.c.question)
        )
        return [(row.question, row.state) for row in rows]


async def test_an_upheld_appeal_corrects_score_and_figures_and_keeps_what_was_recorded(world: World) -> None:
    made = await accepted(world)
    assert (DISPUTED, "not") in observed(world, made.visit_id)
    owner, manager = Device(world, "owner"), Device(world, "manager")
    appeal_id = file(owner, made.visit_id)
    assert await last(owner) == "applied"
    decide(
        manager, appeal_id, "uphold", decision_note="photo proves it", new_state="answered", new_value="yes"
    )
    assert await last(manager) == "applied"

    row = stored(world, "appeal", appeal_id)
    visit = stored(world, "visit", made.visit_id)
    assert row is not None
    assert visit is not None
    assert (row["status"], row["old_value"], row["new_value"]) == ("upheld", "no", "yes")
    assert (row["author_id"], row["decided_by"]) == (world.people["owner"], world.people["manager"])
    assert row["score_before"] == visit["score"] == Decimal(made.score or "0")
    assert row["score_after"] == visit["final_score"] > visit["score"]
    answer = stored(world, "answer", made.answer_id(DISPUTED))
    assert answer is not None
    assert answer["value"] == "no"  # the sealed answer stays
    assert (DISPUTED, "executed") in observed(world, made.visit_id)
    assert (DISPUTED, "not") not in observed(world, made.visit_id)
    table = sql_table(Correction)
    with world.db.read() as session:
        kept = session.execute(select(table)).mappings().one()
    assert (kept["before_value"], kept["value"], kept["appeal_id"]) == ("no", "yes", appeal_id)


async def test_a_dismissed_appeal_changes_nothing_but_its_own_state(world: World) -> None:
    made = await accepted(world)
    before = observed(world, made.visit_id)
    owner, manager = Device(world, "owner"), Device(world, "hq")
    appeal_id = file(owner, made.visit_id)
    await owner.push()
    decide(manager, appeal_id, "dismiss")
    assert await last(manager) == "invalid_field"  # a dealer is told why
    decide(manager, appeal_id, "dismiss", decision_note="the photo shows another day")
    assert await last(manager) == "applied"
    row, visit = stored(world, "appeal", appeal_id), stored(world, "visit", made.visit_id)
    assert row is not None
    assert visit is not None
    assert row["status"] == "dismissed"
    assert row["score_before"] == row["score_after"] == visit["score"]
    assert visit["final_score"] is None
    assert observed(world, made.visit_id) == before


async def test_an_answer_is_disputed_once_and_only_within_the_window(world: World, clock: Clock) -> None:
    made = await accepted(world)
    owner = Device(world, "owner")
    first = file(owner, made.visit_id)
    assert await last(owner) == "applied"
    row = stored(world, "appeal", first)
    assert row is not None
    assert row["due_at"] - row["filed_at"] == timedelta(days=5)
    file(owner, made.visit_id)
    assert await last(owner) == "appeal_exists"
    owner.op(first, "appeal", first, "transition", {"action": "withdraw"}, base=1)
    file(owner, made.visit_id)
    assert {one["outcome"] for one in await owner.push()} == {"applied"}
    clock.now += timedelta(days=7, minutes=1)
    file(owner, made.visit_id, question="F01")
    assert await last(owner) == "appeal_window_closed"


@pytest.mark.parametrize(
    ("login", "outcome"),
    [("owner_south", "out_of_scope"), ("shopper", "not_allowed"), ("manager", "not_allowed")],
)
async def test_only_the_dealers_own_people_file(world: World, login: str, outcome: str) -> None:
    made = await accepted(world)
    stranger = Device(world, login)
    file(stranger, made.visit_id)
    assert await last(stranger) == outcome


@pytest.mark.parametrize("login", ["owner", "manager_south"])
async def test_neither_the_dealer_nor_another_region_decides(world: World, login: str) -> None:
    made = await accepted(world)
    owner, other = Device(world, "owner"), Device(world, login)
    appeal_id = file(owner, made.visit_id)
    await owner.push()
    decide(other, appeal_id, "uphold", decision_note="x", new_state="na")
    assert await last(other) == "out_of_scope"


async def test_a_visit_that_waits_for_its_review_is_neither_shown_nor_disputed(world: World) -> None:
    shopper, owner = Device(world, "shopper"), Device(world, "owner")
    made = record_visit(shopper)
    await shopper.push()
    file(owner, made.visit_id)
    assert await last(owner) == "not_found"
    async with world.client("owner") as client:
        assert (await client.get("/appeals/results")).json() == {"results": [], "total": 0}
        assert (await client.get(f"/appeals/results/{made.visit_id}")).status_code == 404


async def test_the_dealers_view_and_pull_hold_nothing_of_the_shopper(world: World) -> None:
    made = await accepted(world)
    owner, manager = Device(world, "owner"), Device(world, "manager")
    appeal_id = file(owner, made.visit_id)
    await owner.push()
    decide(manager, appeal_id, "uphold", decision_note="right", new_state="na")
    await manager.push()
    await owner.pull()
    assert owner.names("appeal") == {appeal_id}
    assert owner.names("visit") == owner.names("correction") == owner.names("answer") == set()
    async with world.client("owner") as client:
        page = (await client.get("/appeals/results")).text
        whole = await client.get(f"/appeals/results/{made.visit_id}")
    said = page + whole.text + str(sorted(map(str, owner.rows.items())))
    assert world.people["shopper"] not in said
    assert "shopper 某" not in said
    body = whole.json()
    kinds = {one["question"]["kind"] for section in body["sections"] for one in section["answers"]}
    assert kinds.isdisjoint({"audio", "signature", "location", "time", "datetime", "barcode"})
    disputed = next(
        one
        for section in body["sections"]
        for one in section["answers"]
        if one["question"]["code"] == DISPUTED
    )
    assert (disputed["state"], disputed["recorded_state"], disputed["recorded_value"]) == (
        "na",
        "answered",
        "no",
    )
    assert Decimal(body["first_score"]) != Decimal(body["score"])


async def test_another_dealer_sees_neither_result_nor_appeal(world: World) -> None:
    made = await accepted(world)
    owner, other = Device(world, "owner"), Device(world, "owner_south")
    file(owner, made.visit_id)
    await owner.push()
    await other.pull()
    assert other.names("appeal") == set()
    async with world.client("owner_south") as client:
        assert (await client.get(f"/appeals/results/{made.visit_id}")).status_code == 404
        assert (await client.get("/appeals/results")).json()["total"] == 0


async def test_evidence_photos_belong_to_the_appeal_until_it_is_decided(world: World) -> None:
    made = await accepted(world)
    owner, manager = Device(world, "owner"), Device(world, "manager")
    appeal_id = file(owner, made.visit_id)
    photo = {"appeal_id": appeal_id, "sha256": "ab" * 32, "size": 10}
    owner.op(appeal_id, "attachment", new_id(), "create", photo)
    assert await last(owner) == "applied"
    await manager.pull()
    assert "ab" * 32 in {f["sha256"] for (name, _), f in manager.rows.items() if name == "attachment"}
    decide(manager, appeal_id, "dismiss", decision_note="no")
    await manager.push()
    owner.op(appeal_id, "attachment", new_id(), "create", {**photo, "sha256": "cd" * 32})
    assert await last(owner) == "transition_not_allowed"


async def test_the_name_of_a_photo_tells_the_dealer_nothing(world: World) -> None:
    made = await accepted(world)
    with world.db.read() as session:
        attachment = sql_table(Attachment)
        (photo,) = session.execute(
            select(attachment.c.id, attachment.c.sha256).where(attachment.c.visit_id == made.visit_id)
        ).all()[:1]
    async with world.client("owner") as client:
        whole = (await client.get(f"/appeals/results/{made.visit_id}")).text
        assert photo.id not in whole  # an id begins with the millisecond in which it was given
        assert photo.sha256 not in whole
        path = f"/appeals/results/{made.visit_id}/photos/"
        assert (await client.get(path + photo.id)).status_code == 404
        assert (await client.get(f"/media/blob/{photo.sha256}")).status_code in {403, 404}


async def test_a_photo_leaves_for_the_dealer_without_place_time_or_device(world: World) -> None:
    picture = Image.new("RGB", (640, 480), (200, 30, 30))
    exif = Image.Exif()
    exif[0x0110] = "Shopper's phone"
    exif[0x8825] = {1: "N", 2: (31.0, 50.0, 0.0), 3: "E", 4: (117.0, 13.0, 0.0)}
    raw = io.BytesIO()
    picture.save(raw, "JPEG", exif=exif, comment=b"taken by Zhang")
    assert b"Shopper's phone" in raw.getvalue()
    bare = bare_jpeg(raw.getvalue())
    assert b"Shopper's phone" not in bare
    assert b"Zhang" not in bare
    with Image.open(io.BytesIO(bare)) as opened:
        assert dict(opened.getexif()) == {}
        assert opened.size == (640, 480)


async def test_a_visit_without_all_its_photos_is_accepted_only_with_a_reason(world: World) -> None:
    shopper, desk = Device(world, "shopper"), Device(world, "manager")
    made = record_visit(shopper, template="sales_visit", changes={"F02": AnswerValue("answered", "no")})
    await shopper.push()
    visit = stored(world, "visit", made.visit_id)
    assert visit is not None
    assert visit["evidence_complete"] is False
    desk.op(made.visit_id, "visit", made.visit_id, "transition", {"action": "accept"}, base=2)
    assert await last(desk) == "evidence_incomplete"


async def test_a_reviewers_correction_stays_beside_the_answer_and_ends_with_the_revision(
    world: World,
) -> None:
    shopper, desk = Device(world, "shopper"), Device(world, "manager")
    made = record_visit(shopper, template="sales_visit", changes={DISPUTED: AnswerValue("answered", "no")})
    await shopper.push()
    change = {
        "visit_id": made.visit_id, "question": DISPUTED, "state": "na", "value": None, "revision": 0,
        "reason": "no sign was due here",
    }  # fmt: skip
    desk.op(made.visit_id, "correction", new_id(), "create", change)
    assert await last(desk) == "applied"
    visit = stored(world, "visit", made.visit_id)
    assert visit is not None
    assert visit["final_score"] > visit["score"]
    desk.op(made.visit_id, "correction", new_id(), "create", change)
    assert await last(desk) == "invalid_field"  # it says so already
    sent_back = {"action": "return", "review_note": "see the question"}
    desk.op(made.visit_id, "visit", made.visit_id, "transition", sent_back, base=visit["version"])
    assert await last(desk) == "applied"
    returned = stored(world, "visit", made.visit_id)
    assert returned is not None
    assert returned["reply_due_at"] - returned["reviewed_at"] == timedelta(days=3)
    again = {**made.submit["fields"], "action": "submit"}
    shopper.op(made.visit_id, "visit", made.visit_id, "transition", again, base=returned["version"])
    assert await last(shopper) == "applied"
    visit = stored(world, "visit", made.visit_id)
    assert visit is not None
    assert (visit["revision"], visit["final_score"], visit["reply_due_at"]) == (1, None, None)


async def test_a_shopper_corrects_nothing(world: World) -> None:
    shopper = Device(world, "shopper")
    made = record_visit(shopper, template="sales_visit")
    change = {"visit_id": made.visit_id, "question": DISPUTED, "state": "na", "reason": "x"}
    shopper.op(made.visit_id, "correction", new_id(), "create", change)
    assert await last(shopper) == "out_of_scope"


async def test_marks_on_a_photo_travel_and_odd_ones_are_refused(world: World) -> None:
    made = await accepted(world)
    owner = Device(world, "owner")
    appeal_id = file(owner, made.visit_id)
    photo = {"appeal_id": appeal_id, "sha256": "ab" * 32, "size": 10}
    attachment = new_id()
    owner.op(appeal_id, "attachment", attachment, "create", {**photo, "marks": [[[0.1, 0.2], [0.3, 0.4]]]})
    assert await last(owner) == "applied"
    row = stored(world, "attachment", attachment)
    assert row is not None
    assert row["marks"] == [[[0.1, 0.2], [0.3, 0.4]]]
    owner.op(appeal_id, "attachment", attachment, "update", {"marks": [[[7, 0.2]]]}, base=1)
    assert await last(owner) == "invalid_field"

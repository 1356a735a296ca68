"""Company rules: working days, escalation, retention, webhooks, numbers without their mask."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text

from shared_models.company import Calendar, DayKind, days_late, deadline
from shared_models.ids import new_id
from shared_models.people.admin_wire import InvitationOut
from shared_models.people.invitation_sheet import invitation_sheet
from shared_models.visits.route import ROUTE_MIME
from sync_server.reminders.sending import Channels, deliver, sign
from sync_server.retention import service as retention
from sync_server.sync.journal import write_row
from sync_server.webhooks import service as webhooks
from tests.factories.surveys import Asked, ask
from tests.factories.visits_on_server import accepted_visit
from tests.server.device import Device
from tests.server.world import World, make_world

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
STRANGERS = ("manager", "owner", "shopper", "caller")


@pytest.fixture
def anyio_backend() -> str:
    """The event loop of these tests."""
    return "asyncio"


@pytest.fixture
def timed(tmp_path: Path) -> Any:
    """A world on a Sunday."""
    made = make_world(tmp_path, now=lambda: NOW)
    yield made
    made.close()


def test_only_working_days_count_where_the_rule_says_so() -> None:
    friday, monday = date(2026, 11, 20), date(2026, 11, 23)
    plain = Calendar()
    assert days_late(friday, monday, None) == 3
    assert days_late(friday, monday, plain) == 1
    assert days_late(friday, monday, Calendar({date(2026, 11, 22): DayKind.WORKDAY})) == 2
    assert days_late(friday, monday, Calendar({monday: DayKind.HOLIDAY})) == 0
    assert days_late(monday, friday, plain) == 0


def test_a_time_of_days_ends_on_a_working_day_where_only_those_count() -> None:
    friday = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)  # already Saturday in Shanghai
    shanghai = ZoneInfo("Asia/Shanghai")
    assert deadline(friday, 3, None, shanghai) == friday + timedelta(days=3)
    assert deadline(friday, 3, Calendar(), shanghai) == datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    holiday = Calendar({date(2026, 11, 24): DayKind.HOLIDAY, date(2026, 11, 22): DayKind.WORKDAY})
    assert deadline(friday, 3, holiday, shanghai) == datetime(2026, 11, 24, 17, 30, tzinfo=UTC)
    assert deadline(friday, 0, Calendar(), shanghai) == friday


@pytest.mark.parametrize("working_days", [None, False, True])
async def test_a_returned_visit_is_to_be_answered_within_days_that_the_company_counts(
    timed: World, working_days: bool | None
) -> None:
    """Sunday: three days later is Wednesday either way, but for a holiday in between."""
    async with timed.client("hq") as client:
        await client.put("/company/calendar", json={"day": "2026-11-24", "kind": "holiday", "name": "休"})
        if working_days is not None:
            rule = {"days": [1, 3, 7, 14], "working_days": working_days}
            assert (await client.put("/company/escalation", json=rule)).status_code == 200
    visit_id = accepted_visit(timed, "N01", {"F02": "no"}, status="submitted", record=False)
    desk = Device(timed, "manager")
    await desk.pull()
    base = desk.rows["visit", visit_id]["version"]
    desk.op(visit_id, "visit", visit_id, "transition", {"action": "return", "review_note": "?"}, base)
    assert [one["outcome"] for one in await desk.push()] == ["applied"]
    await desk.pull()
    due = datetime.fromisoformat(desk.rows["visit", visit_id]["reply_due_at"])
    assert due == NOW + timedelta(days=4 if working_days else 3)


async def test_the_calendar_and_the_ladder_are_kept_and_told_in_the_trail(timed: World) -> None:
    async with timed.client("hq") as client:
        day = {"day": "2027-01-01", "kind": "holiday", "name": "元旦"}
        assert (await client.put("/company/calendar", json=day)).status_code == 200
        assert (await client.get("/company/calendar", params={"year": 2027})).json() == [day]
        wrong = await client.put("/company/escalation", json={"days": [3, 2, 7, 14]})
        assert wrong.status_code == 422
        rule = {"days": [2, 4, 8, 16], "working_days": True}
        assert (await client.put("/company/escalation", json=rule)).json() == rule
        assert (await client.delete("/company/calendar/2027-01-01")).status_code == 204
        assert (await client.delete("/company/calendar/2027-01-01")).status_code == 404
        trail = (await client.get("/audit/entries")).json()["entries"]
    assert {one["action"] for one in trail} >= {"rules.escalation", "rules.day_set", "rules.day_dropped"}


@pytest.mark.parametrize("login", STRANGERS)
async def test_only_headquarters_changes_the_rules(timed: World, login: str) -> None:
    async with timed.client(login) as client:
        answers = [
            await client.put("/company/escalation", json={"days": [1, 2, 3, 4]}),
            await client.put("/company/calendar", json={"day": "2027-01-01", "kind": "holiday"}),
            await client.get("/retention"),
            await client.put("/retention/rules", json={"photo_days": 90}),
            await client.post("/retention/run"),
            await client.get("/webhooks"),
            await client.post("/webhooks", json={"url": "https://x.example"}),
        ]
    assert {answer.status_code for answer in answers} == {403}


def put_photo(
    world: World, content: bytes, stored: datetime, visit_status: str, mime: str = "image/jpeg"
) -> str:
    """A stored photo (or a file of another kind) of a visit in that state; its hash."""
    sha256, visit_id = hashlib.sha256(content).hexdigest(), new_id()
    blobs = world.app.state.blobs
    blobs.append(sha256[:12], 0, content)
    blobs.finish(sha256[:12], sha256)
    with world.db.write() as session:
        visit = {
            "dealer_id": world.dealers["N01"],
            "template_version_id": world.versions["sales_visit"],
            "person_id": world.people["shopper"],
            "source": "shop",
            "status": visit_status,
        }
        write_row(session, "visit", visit_id, visit)
        photo = {
            "visit_id": visit_id,
            "question": "D08",
            "sha256": sha256,
            "size": len(content),
            "mime": mime,
        }
        write_row(session, "attachment", new_id(), photo)
        session.execute(
            text("INSERT INTO media_blob VALUES (:sha, :size, :mime, :at, :who)"),
            {
                "sha": sha256,
                "mime": mime,
                "size": len(content),
                "at": stored.replace(tzinfo=None),
                "who": world.people["shopper"],
            },
        )
    return sha256


async def test_old_photos_of_decided_visits_go_and_say_why_they_are_gone(timed: World) -> None:
    old, fresh = NOW - timedelta(days=400), NOW - timedelta(days=10)
    gone = put_photo(timed, b"old and decided", old, "accepted")
    kept = [
        put_photo(timed, b"old and still in review", old, "submitted"),
        put_photo(timed, b"new and decided", fresh, "accepted"),
    ]
    async with timed.client("hq") as client:
        assert (await client.put("/retention/rules", json={"photo_days": 30})).status_code == 422
        state = (await client.put("/retention/rules", json={"photo_days": 365})).json()
        assert state["due"]["photos"] == 1
        assert timed.app.state.blobs.has(gone)
        done = (await client.post("/retention/run")).json()
        assert (done["photos"], done["bytes"]) == (1, len(b"old and decided"))
        again = (await client.post("/retention/run")).json()
        assert again["photos"] == 0
        answer = await client.get(f"/media/blob/{gone}")
        assert (answer.status_code, answer.json()["code"]) == (410, "media_retired")
        receipts = (await client.post("/media/receipts", json={"sha256": [gone]})).json()
        runs = (await client.get("/retention")).json()["runs"]
        trail = (await client.get("/audit/entries", params={"action": "retention.run"})).json()
    assert gone in receipts["stored"]
    assert not timed.app.state.blobs.has(gone)
    assert all(timed.app.state.blobs.has(sha256) for sha256 in kept)
    assert len(runs) == trail["total"] == 1


async def test_the_route_of_a_decided_test_drive_goes_with_the_photos_and_is_counted_apart(
    timed: World,
) -> None:
    old = NOW - timedelta(days=400)
    gone = put_photo(timed, b"{}", old, "accepted", ROUTE_MIME)
    kept = put_photo(timed, b"{ }", old, "submitted", ROUTE_MIME)
    async with timed.client("hq") as client:
        await client.put("/retention/rules", json={"photo_days": 365})
        done = (await client.post("/retention/run")).json()
    assert (done["photos"], done["routes"]) == (0, 1)
    assert (timed.app.state.blobs.has(gone), timed.app.state.blobs.has(kept)) == (False, True)


async def test_the_nightly_run_removes_what_is_due_once_and_only_where_it_is_switched_on(
    timed: World,
) -> None:
    gone = put_photo(timed, b"old and decided", NOW - timedelta(days=400), "accepted")

    def night(after: timedelta) -> int:
        with timed.db.write(journal=False) as session:
            counts, hashes = retention.run_due(session, NOW + after)
        retention.remove_bytes(timed.app.state.blobs, hashes)
        return counts.photos

    async with timed.client("hq") as client:
        await client.put("/retention/rules", json={"photo_days": 365})
        assert night(timedelta(days=2)) == 0
        state = (await client.put("/retention/rules", json={"photo_days": 365, "automatic": True})).json()
        assert (state["next_at"][:16], state["looked_at"]) == ("2026-11-22T19:00", "")
        assert night(timedelta(minutes=1)) == 0, "not before the night"
        assert timed.app.state.blobs.has(gone)
        assert [night(timedelta(days=1)) for _ in range(2)] == [1, 0]
        state = (await client.get("/retention")).json()
        trail = (await client.get("/audit/entries", params={"action": "retention.run"})).json()
    assert not timed.app.state.blobs.has(gone)
    assert (state["looked_at"][:10], state["next_at"][:16]) == ("2026-11-23", "2026-11-23T19:00")
    assert [(one["via"], one["actor_id"]) for one in trail["entries"]] == [("server", "")]


async def test_a_customers_number_is_masked_removed_in_time_and_shown_only_with_a_reason(
    timed: World, tmp_path: Path
) -> None:
    ask(timed, tmp_path, [Asked("N01", "service_handover", date(2026, 3, 10), 1, 2)])
    with timed.db.write(journal=False) as session:
        customer = new_id()
        session.execute(
            text("INSERT INTO customer (id,dealer_id,name,phone,sex,occupation) VALUES (:i,:d,:n,:p,'','')"),
            {"i": customer, "d": timed.dealers["N01"], "n": "王小明", "p": "13812345678"},
        )
        response = session.execute(text("SELECT id FROM response LIMIT 1")).scalar_one()
        session.execute(
            text("UPDATE response SET customer_id = :c WHERE id = :r"), {"c": customer, "r": response}
        )
    path, why = f"/surveys/responses/{response}/contact", {"reason": "回电核实投诉"}
    async with timed.client("owner") as owner, timed.client("manager_south") as south:
        assert (await owner.post(path, json=why)).status_code == 403
        assert (await south.post(path, json=why)).status_code == 404
    async with timed.client("manager") as manager:
        assert (await manager.post(path, json={"reason": ""})).status_code == 422
        told = await manager.post(path, json=why)
        assert told.json() == {"name": "王小明", "phone": "13812345678"}
        assert told.headers["Cache-Control"] == "no-store"
    async with timed.client("hq") as hq:
        trail = (await hq.get("/audit/entries", params={"action": "customer.unmasked"})).json()["entries"]
        await hq.put("/retention/rules", json={"number_days": 180})
        assert (await hq.post("/retention/run")).json()["numbers"] == 1
        assert (await hq.post(path, json=why)).json()["phone"] == ""
    assert [one["actor_id"] for one in trail] == [timed.people["manager"]]
    assert "13812345678" not in str(trail)


async def test_each_webhook_is_signed_with_its_own_secret_which_is_told_once(timed: World) -> None:
    async with timed.client("hq") as client:
        made = (await client.post("/webhooks", json={"url": "https://a.example/hook", "note": "CRM"})).json()
        taken = await client.post("/webhooks", json={"url": "https://a.example/hook"})
        listed = (await client.get("/webhooks")).text
    assert taken.status_code == 409
    assert made["secret"] not in listed
    heard: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200 if len(heard) == 1 else 500)

    for number in range(2):
        with timed.db.write(journal=False) as session:
            session.execute(
                text(
                    "INSERT INTO reminder_delivery"
                    " (id,person_id,channel,target,body,state,tries,error,created_at)"
                    " VALUES (:id,'x','webhook','https://a.example/hook','{}','waiting',0,'',:at)"
                ),
                {"id": f"d{number}", "at": NOW.replace(tzinfo=None)},
            )
            secrets = webhooks.secrets_by_url(session)
        http = httpx.Client(transport=httpx.MockTransport(answer))
        deliver(timed.db, Channels(webhook_secrets=secrets), now=lambda: NOW, http=http)
    expected = sign(made["secret"], int(NOW.timestamp()), b"{}")
    assert heard[0].headers["Revisit-Signature"] == expected
    async with timed.client("hq") as client:
        one = (await client.get("/webhooks")).json()[0]
        assert one["last_sent_at"]
        assert "500" in one["last_error"]
        assert (await client.put(f"/webhooks/{one['id']}", json={"active": False})).status_code == 204
        assert (await client.delete(f"/webhooks/{one['id']}")).status_code == 204
        assert (await client.get("/webhooks")).json() == []


def test_the_printed_page_shows_names_as_they_are_written() -> None:
    one = InvitationOut(
        person_id="p", name="<b>李</b>", login="li", code="ABCD-EFGH-JKMN", expires_at="2026-12-06T02:00:00Z"
    )
    page = invitation_sheet([one], "https://revisit.example/", "zh_CN")
    assert "&lt;b&gt;李&lt;/b&gt;" in page
    assert "ABCD-EFGH-JKMN" in page
    assert "2026-12-06" in page
    assert "src=" not in page

"""A plan's life in two browsers: objection, more time, attendance, sending back, verification, verdict."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import date, timedelta
from typing import Any

import pytest

from shared_models.clock import HybridClock, to_text, utc_now
from shared_models.ids import new_id
from shared_models.insight import RateCell, ReasonKind, TrendPoint, WeakItem, WeakReason
from tests.e2e.browser import Tablet
from tests.e2e.desk_pages import ActionPage, Desk
from tests.e2e.installation import PASSWORD, Installation
from tests.e2e.pages import SignIn, Sync

pytestmark = pytest.mark.e2e
DEALER, MEASURE = "A1001", "服务顾问交车时当面留下联系方式"
OBJECTION, REFUSAL = "本店交车区正在装修", "装修期间也须执行"
LATE, GRANTED = "培训讲师下周到店", "同意延期"
BACK = "请补充新入职顾问的培训记录"


def _one(installation: Installation, query: str, *values: str) -> Any:
    with sqlite3.connect(installation.folder / "revisit.db") as database:
        return database.execute(query, values).fetchone()


def _finding(dealer_id: str, item_id: str) -> dict[str, Any]:
    merged = RateCell(
        item_id=item_id, item_code="service_handover", month="2026-10", dealer_id=dealer_id, executed=81,
        applicable=100, not_applicable=0, not_observed=0, rate=81, low=72.2, high=87.5, small=False,
    )  # fmt: skip
    return WeakItem(
        dealer_id=dealer_id, dealer_code=DEALER, dealer_name="", dealer_name_en="", item_id=item_id,
        item_code="service_handover", item_name="服务对接", item_name_en="Service hand-over",
        item_short="对接", item_short_en="Hand-over", stage="delivery", month="2026-10", target=85,  # type: ignore[arg-type]
        merged=merged, by_source=(), trend=(TrendPoint(month="2026-10", merged=merged),),
        reasons=(WeakReason(kind=ReasonKind.LOW_RATE, rate=81, target=85),), priority=50, data_cut=1,
    ).model_dump(mode="json")  # fmt: skip


def _published(installation: Installation, due: date) -> None:
    """A plan of the manager's device with one training; its supervisor is the manager."""
    with closing(installation.signed_in("manager")) as client:
        me = client.get("/session").json()["person"]["id"]
        dealer_id = _one(installation, "SELECT id FROM dealer WHERE code = ?", DEALER)[0]
        owner = _one(installation, "SELECT person_id FROM credential WHERE login = 'owner'")[0]
        item_id = _one(installation, "SELECT id FROM item WHERE code = 'service_handover'")[0]
        plan, item, device = new_id(), new_id(), new_id()
        clock = HybridClock(device, utc_now)
        rows: list[tuple[str, str, str, dict[str, Any]]] = [
            ("plan", plan, "create", {"dealer_id": dealer_id, "title": "服务对接提升",
                                      "trigger_month": "2026-10"}),
            ("plan_item", item, "create", {"plan_id": plan, "item_id": item_id,
                                           "finding": _finding(dealer_id, item_id)}),
            ("cause", new_id(), "create", {"plan_id": plan, "plan_item_id": item, "category": "delivery",
                                           "text": "交车时未引荐服务顾问"}),
            ("action", new_id(), "create", {"plan_id": plan, "plan_item_id": item, "measure": MEASURE,
                                            "method": "training", "owner_id": owner, "supervisor_id": me,
                                            "starts_on": to_text(utc_now())[:10], "due_on": due.isoformat()}),
            ("plan", plan, "transition", {"action": "publish"}),
        ]  # fmt: skip
        ops = [
            {
                "op_id": new_id(), "device_id": device, "epoch": device, "seq": seq, "aggregate_id": plan,
                "entity": entity, "row_id": row_id, "kind": kind, "base_version": int(kind != "create"),
                "fields": fields, "hlc": str(clock.tick()), "schema_version": 1,
                "wall_time": to_text(utc_now()), "utc_offset": 480,
            }
            for seq, (entity, row_id, kind, fields) in enumerate(rows, 1)
        ]  # fmt: skip
        body = {
            "device_id": device,
            "epoch": device,
            "client": "0.1.0",
            "sent_at": to_text(utc_now()),
            "ops": ops,
        }
        results = client.post("/sync/push", json=body).json()["results"]
        assert {one["outcome"] for one in results} == {"applied"}, results


def test_a_plan_goes_through_objection_more_time_sending_back_and_verdict(
    installation: Installation, tablet: Tablet, desktop: Tablet
) -> None:
    due = utc_now().date() + timedelta(days=5)
    _published(installation, due)
    at_dealer, at_desk = (one.open(installation.url).ready() for one in (tablet, desktop))
    SignIn(at_dealer).sign_in("owner", PASSWORD)
    SignIn(at_desk).sign_in("manager", PASSWORD)
    owner, manager = ActionPage(at_dealer), ActionPage(at_desk)

    # the owner takes the action on, disputes it and asks for more time
    Desk(at_dealer).first_action()
    owner.press("action-accept")
    owner.gone("action-accept")
    owner.object(OBJECTION)
    owner.ask_for_time(7, LATE)
    Sync(at_dealer).send_now()

    # both stand on the manager's page of what needs him today, and lead to where they are decided
    Sync(at_desk).send_now()
    manager.first_need("异议")
    manager.refuse(OBJECTION, REFUSAL)
    manager.grant(LATE, GRANTED)
    Sync(at_desk).send_now()

    # the owner reads both answers, lists who was trained and reports it done
    Sync(at_dealer).send_now()
    Desk(at_dealer).first_action()
    owner.read_until(REFUSAL)
    owner.read_until((due + timedelta(days=7)).isoformat())
    owner.attended("王磊，赵敏")
    owner.finish()
    Sync(at_dealer).send_now()

    # the supervisor wants more, gets it, and verifies
    Sync(at_desk).send_now()
    manager.supervised()
    manager.read_until("王磊")
    manager.send_back(BACK)
    Sync(at_desk).send_now()
    Sync(at_dealer).send_now()
    Desk(at_dealer).first_action()
    owner.read_until(BACK)
    owner.finish()
    Sync(at_dealer).send_now()
    Sync(at_desk).send_now()
    manager.supervised()
    manager.verify()

    # a plan is closed by its verdict: the months after it have no figures yet, so nobody can tick it off
    manager.plan()
    manager.read_until("尚无结论")
    assert not manager.sees("plan-close")
    row = _one(installation, "SELECT p.status, i.verdict FROM plan p JOIN plan_item i ON i.plan_id = p.id")
    assert row == ("published", "")
    said = _one(installation, "SELECT group_concat(kind || ' ' || status) FROM action_request")[0]
    assert set(said.split(",")) == {"objection refused", "extension granted"}

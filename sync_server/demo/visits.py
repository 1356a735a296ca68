"""The demo's visits: who visits which dealer when, with which checklist, and what the reviewer decides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared_models.clock import to_text
from shared_models.ids import new_id
from shared_models.sync import OpKind
from sync_server.checklists.service import document_of
from sync_server.demo.network import DemoDealer
from sync_server.demo.recorder import DemoDevice, RecordedVisit, VisitPlan, record_visit
from sync_server.demo.story import MONTHS, as_seen_by, execution, random_for
from sync_server.sync.journal import write_row

if TYPE_CHECKING:
    from sync_server.demo.seed import Stage

_REGIONS = ("华北", "华东", "华南", "西南", "西北", "东北")
_SCENARIOS = (
    (
        "首次购车的年轻家庭，预算 15–18 万元，关注空间与油耗；第一次到店，未预约。",
        "Young family buying a first car, 150-180 thousand yuan, wants space and low consumption; walks in.",
        "三口之家，上下班与周末出游，计划一个月内购车",
        "Family of three, commuting and weekend trips, wants to buy within a month",
    ),
    (
        "旧车置换，现有车龄 7 年，比较两个竞品；希望试驾后再谈价格。",
        "Trading in a seven-year-old car, comparing two competitors; wants to drive before talking price.",
        "置换用户，对智能驾驶与保值率感兴趣",
        "Trade-in customer interested in driver assistance and residual value",
    ),
    (
        "为父母选购代步车，关注上下车方便与售后网点；周末到店。",
        "Choosing a runabout for the parents: easy entry, service network; comes at the weekend.",
        "代购用户，付款方式倾向刷卡",
        "Buys for relatives, would pay by card",
    ),
)
_REPLY = "顾问介绍完车辆后直接报价，询问后才说可以试驾，前后约二十分钟。"
_RETURNS = "请补充说明未主动邀约试驾的具体经过（谁、何时、如何回应）。"


@dataclass(frozen=True)
class Scheduled:
    """One visit of the story."""

    dealer: DemoDealer
    template: str
    source: str
    month: str
    person_id: str
    started_at: datetime
    window: tuple[date, date]
    decision: str
    """accept, return (then resubmitted and accepted), reject or "" (still waits for review)."""
    scenario: int


def schedule(stage: Stage) -> list[Scheduled]:
    """All visits of the story in the order in which they happen; each region's newest wait for review."""
    visits: list[Scheduled] = []
    for place, dealer in enumerate(stage.network.dealers.values()):
        home = _REGIONS.index(dealer.region)
        for index, month in enumerate(MONTHS):
            random = random_for("schedule", dealer.code, month)
            shopper = stage.network.shoppers[home + 6 * ((place // 6 + index) % 2)]
            visits.append(_one(stage, dealer, "sales_visit", "shop", month, shopper, random))
            if (place + index) % 3 == 0:
                auditor = stage.network.auditors[home]
                visits.append(_one(stage, dealer, "service_inspection", "inspection", month, auditor, random))
            if (place + index) % 3 == 1:
                auditor = stage.network.auditors[home]
                visits.append(_one(stage, dealer, "sales_audit", "audit", month, auditor, random))
            if (place + index) % 9 == 5:
                visits.append(_one(stage, dealer, "test_drive", "shop", month, shopper, random))
    visits.sort(key=lambda visit: visit.started_at)
    waiting = {id(visit) for region in _REGIONS for visit in _of_region(visits, region)[-2:]}
    return [replace(visit, decision="") if id(visit) in waiting else visit for visit in visits]


def _of_region(visits: list[Scheduled], region: str) -> list[Scheduled]:
    return [visit for visit in visits if visit.dealer.region == region]


def _one(
    stage: Stage, dealer: DemoDealer, template: str, source: str, month: str, person: str, random: Any
) -> Scheduled:
    year, number = (int(part) for part in month.split("-"))
    day = date(year, number, random.randint(3, 27))
    return Scheduled(
        dealer=dealer,
        template=template,
        source=source,
        month=month,
        person_id=person,
        started_at=stage.local(day, random.randint(9, 15), random.randint(0, 59)),
        window=(day - timedelta(days=random.randint(0, 6)), day + timedelta(days=random.randint(1, 7))),
        decision=random.choices(("accept", "return", "reject"), (93, 5, 2))[0],
        scenario=random.randrange(len(_SCENARIOS)),
    )


async def record_all(stage: Stage, visits: list[Scheduled], step: Callable[[], None]) -> int:
    """Record, send, and review every visit; the number of photos sent."""
    devices: dict[str, DemoDevice] = {}

    def device(person_id: str) -> DemoDevice:
        if person_id not in devices:
            devices[person_id] = DemoDevice(
                person_id, stage.client(person_id), stage.clock, random_for("device", person_id)
            )
        return devices[person_id]

    try:
        for visit in visits:
            stage.clock.move_to(visit.started_at)
            assignment_id = assign(
                stage,
                visit.dealer,
                visit.template,
                visit.person_id,
                visit.window,
                visit.scenario,
                visit.source,
            )
            tablet = device(visit.person_id)
            recorded = await record_visit(tablet, _plan(stage, visit, assignment_id))
            stage.clock.move_to(visit.started_at + timedelta(hours=20))
            await _review(
                stage, device(stage.network.managers[visit.dealer.region]), tablet, recorded, visit.decision
            )
            step()
    finally:
        for one in devices.values():
            await one.client.aclose()
    return sum(one.photos for one in devices.values())


def assign(
    stage: Stage,
    dealer: DemoDealer,
    template: str,
    person_id: str,
    window: tuple[date, date],
    scenario: int,
    source: str,
) -> str:
    """Plan a visit; the assignment's id."""
    chinese, english, profile, profile_en = _SCENARIOS[scenario]
    covert = source == "shop"
    assignment_id = new_id()
    values = {
        "dealer_id": dealer.id,
        "template_version_id": stage.versions[template],
        "person_id": person_id,
        "window_start": window[0],
        "window_end": window[1],
        "scenario": chinese if covert else "事先通知经销商，由现场负责人陪同检查。",
        "scenario_en": english if covert else "Announced; the person in charge accompanies the inspection.",
        "purchase_profile": profile if covert else "",
        "purchase_profile_en": profile_en if covert else "",
        "announced": not covert,
    }
    with stage.database.write() as session:
        write_row(session, "assignment", assignment_id, values)
    return assignment_id


def plan_upcoming(stage: Stage) -> None:
    """Assignments around today for the demo's shopper and auditor, and some for the others."""
    north = [dealer for dealer in stage.network.dealers.values() if dealer.region == "华北"]
    day = stage.today
    for number, dealer in enumerate(north[:3]):
        window = day - timedelta(days=2 - number), day + timedelta(days=3 + 4 * number)
        assign(stage, dealer, "sales_visit", stage.network.shoppers[0], window, number, "shop")
    assign(
        stage, north[3], "test_drive", stage.network.shoppers[0], (day, day + timedelta(days=9)), 1, "shop"
    )
    for template, dealer in (("service_inspection", north[4]), ("sales_audit", north[0])):
        window = day, day + timedelta(days=6)
        assign(stage, dealer, template, stage.network.auditors[0], window, 0, "inspection")
    for place, dealer in enumerate(stage.network.dealers.values()):
        if dealer.region != "华北":
            home = _REGIONS.index(dealer.region)
            window = day + timedelta(days=place % 5), day + timedelta(days=7 + place % 9)
            assign(stage, dealer, "sales_visit", stage.network.shoppers[home + 6], window, place % 3, "shop")


def _plan(stage: Stage, visit: Scheduled, assignment_id: str) -> VisitPlan:
    version_id = stage.versions[visit.template]
    with stage.database.read() as session:
        document = document_of(session, version_id)
    dealer = visit.dealer
    random = random_for("place", dealer.code, visit.started_at)
    return VisitPlan(
        assignment_id=assignment_id,
        dealer_id=dealer.id,
        person_id=visit.person_id,
        template_version_id=version_id,
        document=document,
        started_at=visit.started_at,
        zone="Asia/Shanghai",
        place={
            "latitude": round(dealer.latitude + random.uniform(-0.0006, 0.0006), 6),
            "longitude": round(dealer.longitude + random.uniform(-0.0006, 0.0006), 6),
            "accuracy_m": random.choice((8.0, 12.0, 25.0)),
        },
        consultant=random.choice(dealer.advisers),
        share=lambda item: as_seen_by(visit.source, execution(dealer.code, item, visit.month)),
        photos=2 if visit.source == "shop" else 4,
    )


async def _review(
    stage: Stage, manager: DemoDevice, visitor: DemoDevice, recorded: RecordedVisit, decision: str
) -> None:
    visit_id = recorded.visit_id

    async def move(tablet: DemoDevice, fields: dict[str, Any]) -> None:
        version = stage.version_of(visit_id)
        tablet.op(visit_id, "visit", visit_id, OpKind.TRANSITION, fields, version)
        await tablet.push()

    if decision == "return":
        note = {
            "visit_id": visit_id,
            "question": "",
            "text": _RETURNS,
            "author_id": manager.person_id,
            "created_at": to_text(stage.clock()),
        }
        note_id = new_id()
        manager.op(visit_id, "review_note", note_id, OpKind.CREATE, note)
        await move(manager, {"action": "return", "review_note": _RETURNS})
        stage.clock.move_to(stage.clock() + timedelta(hours=6))
        reply = {"reply": _REPLY, "replied_at": to_text(stage.clock())}
        visitor.op(visit_id, "review_note", note_id, OpKind.UPDATE, reply, stage.version_of(note_id))
        await move(visitor, recorded.submission)
        await move(manager, {"action": "accept"})
    elif decision == "reject":
        await move(manager, {"action": "reject", "review_note": "到店时间与地点无法核实，访问作废。"})
    elif decision == "accept":
        await move(manager, {"action": "accept"})

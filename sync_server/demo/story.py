"""What is true in the demo network: how well each dealer carries out each item in each month.

Everything is drawn from one seed, so two demos of the same seed tell the same story. Dealers differ in
general quality, each has a few weak items of its own, and the dealers of ``CASES`` lived through an
improvement plan whose measures worked, did nothing, came to nothing, or cannot be judged yet.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cache
from random import Random

SEED = 20261122
MONTHS = ("2026-08", "2026-09", "2026-10")
"""Months of the survey files and of the demo's visits."""
PLAN_MONTH = "2026-05"
HISTORY = ("2026-02", "2026-03", "2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10")
"""Months of the callback history."""
OTHERS_CALLBACKS = 16
"""Callbacks a month at a dealer without a finished plan."""


@dataclass(frozen=True)
class Case:
    """A finished plan: the item, the share carried out before it and after it, callbacks per month."""

    dealer: str
    item: str
    before: float
    after: float
    callbacks: int
    measure: str
    measure_en: str
    method: str
    cause: str
    cause_en: str


CASES = (
    Case(
        "A1001",
        "service_handover",
        0.62,
        0.90,
        60,
        "交车流程增加“服务顾问到场介绍并留下名片”环节，交车主管逐台签字确认",
        "Delivery process gains a step: the service adviser comes in person and leaves a card; the delivery "
        "supervisor signs for every car",
        "process",
        "交车时服务顾问未到场，仅口头告知售后电话",
        "The service adviser was not present; the number was only mentioned",
    ),
    Case(
        "B1002",
        "test_drive_offered",
        0.68,
        0.89,
        60,
        "每周一次试乘试驾话术现场演练，展厅经理当日抽查",
        "Weekly live drill of the test-drive talk, spot-checked by the showroom manager the same day",
        "drill",
        "销售顾问担心耽误时间，不主动邀约",
        "Consultants fear losing time and do not offer it",
    ),
    Case(
        "C1003",
        "new_car_fuel",
        0.74,
        0.73,
        60,
        "晨会宣贯新车加油标准",
        "Briefing on the new-car fuel standard at the morning meeting",
        "briefing",
        "加油卡审批流程长，交车前来不及加油",
        "Approval of the fuel card takes too long before delivery",
    ),
    Case(
        "D1004",
        "test_drive_offered",
        0.76,
        0.40,
        90,
        "调整试驾车排班，由前台统一预约",
        "Test cars scheduled by the front desk",
        "staffing",
        "试驾车被借用，客户到店时无车可试",
        "Test cars were lent out when customers came",
    ),
    Case(
        "E1005",
        "service_handover",
        0.50,
        0.75,
        9,
        "设置交车区服务顾问值班表",
        "Duty roster of service advisers in the delivery area",
        "staffing",
        "服务顾问排班未覆盖交车时段",
        "The service advisers' roster does not cover delivery hours",
    ),
)


def random_for(*parts: object) -> Random:
    """A random generator that depends on the seed and these parts only."""
    text = "|".join(str(part) for part in (SEED, *parts))
    return Random(int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big"))


def month_index(month: str) -> int:
    """Months since year 0."""
    year, number = month.split("-")
    return int(year) * 12 + int(number) - 1


@cache
def _level(dealer: str, item: str) -> float:
    random = random_for("level", dealer, item)
    general = random_for("dealer", dealer).gauss(0, 0.35)
    logit = math.log(0.93 / 0.07) + general + random.gauss(0, 0.45)
    if random.random() < 0.06:
        return random.uniform(0.35, 0.7)
    return 1 / (1 + math.exp(-logit))


@cache
def _fall(dealer: str, item: str) -> tuple[int, float]:
    """Month index from which the item is carried out less often, and by how much."""
    random = random_for("fall", dealer, item)
    if random.random() < 0.03:
        return month_index(random.choice(MONTHS[1:])), random.uniform(0.15, 0.35)
    return 10**9, 0.0


def execution(dealer: str, item: str, month: str) -> float:
    """Probability that the dealer carries out the item in that month."""
    for case in CASES:
        if case.dealer == dealer and case.item == item:
            return case.before if month_index(month) <= month_index(PLAN_MONTH) else case.after
    starts, drop = _fall(dealer, item)
    return max(0.05, _level(dealer, item) - (drop if month_index(month) >= starts else 0.0))


def as_seen_by(source: str, share: float) -> float:
    """The share that a source reports: announced inspections and the dealer's own audits look better."""
    lift = {"shop": 0.0, "inspection": 0.4, "audit": 0.6}[source]
    logit = math.log(share / (1 - share)) if 0 < share < 1 else (6.0 if share else -6.0)
    return 1 / (1 + math.exp(-(logit + lift)))

"""The domain's own tables through the product's own path: a survey file in, figures out.

T1 weak items, T2 trend and verdict, T3/T4 outcomes of callbacks, T5/T6 satisfaction. The expected figures
stand in tests/golden/seed; nothing here computes them by the product's own rules.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from shared_models.checklists.stages import Source
from shared_models.ids import new_id
from shared_models.imports import SurveyMapping
from shared_models.insight import ReasonKind, Trend, Verdict
from shared_models.surveys import FAILURES, Disposition
from sync_server.insight.service import Filter, evaluate_plan, rates, weak_items
from sync_server.people.scope import Scope
from sync_server.surveys.service import call_outcomes, rating_means
from sync_server.sync.journal import write_row
from tests.factories.surveys import Asked, ask, at_noon, load, rows_of, survey_mapping, write_survey
from tests.server.world import World, make_world

SEED = Path(__file__).parent / "seed"
EVERYTHING = Scope("", everything=True)
ITEMS = {"试乘试驾": "test_drive_offered", "服务对接": "service_handover", "新车加油": "new_car_fuel"}
REASONS = {
    "号码错误": Disposition.WRONG_NUMBER,
    "非本人送修": Disposition.NOT_THE_PERSON,
    "无法接通": Disposition.UNREACHABLE,
    "拒绝回访": Disposition.REFUSED,
    "中途中断": Disposition.BROKEN_OFF,
}
PER_MONTH = 300


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path / "server", now=at_noon)


def seed(name: str) -> list[dict[str, str]]:
    with (SEED / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def printed_rates(table: str) -> dict[str, dict[int, int]]:
    """Item -> month -> printed rate in percent."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for row in seed("exec_rate.csv"):
        if row["table"] == table:
            found[row["item"]][int(row["month"])] = int(row["rate_pct"])
    return found


def interviews(table: str, shift: int = 0, n: int = PER_MONTH) -> list[Asked]:
    """Interviews whose rates are the printed ones; months moved by ``shift`` within 2026."""
    return [
        Asked("N01", ITEMS[item], date(2026, month + shift, 15), rate * n // 100, n)
        for item, months in printed_rates(table).items()
        for month, rate in months.items()
    ]


def test_t1_the_weak_items_are_the_decks(world: World, tmp_path: Path) -> None:
    ask(world, tmp_path, interviews("T1"))
    with world.db.read() as session:
        found = rates(session, EVERYTHING, Filter(), month="2026-10", source=Source.PHONE)
        cells = {(c.item_code, int(c.month[5:])): c.rate for c in found.cells}
        september = weak_items(session, EVERYTHING, Filter(), month="2026-09", today=date(2026, 11, 22))
    assert cells == {
        (ITEMS[item], month): rate
        for item, months in printed_rates("T1").items()
        for month, rate in months.items()
    }
    weak = {one.item_code: {reason.kind: reason for reason in one.reasons} for one in september.items}
    assert set(weak) == {"test_drive_offered", "service_handover"}
    assert set(weak["test_drive_offered"]) == {ReasonKind.LOW_RATE}
    assert set(weak["service_handover"]) == {ReasonKind.LOW_RATE, ReasonKind.DECLINE}
    fall = weak["service_handover"][ReasonKind.DECLINE]
    assert (fall.previous_rate, fall.rate, fall.drop) == (94, 78, 16)


def test_t2_trend_label_and_verdict_of_the_plan(world: World, tmp_path: Path) -> None:
    # the deck's October, November, December as the three months after a plan of May, its October rate before
    before = [
        Asked("N01", ITEMS[item], date(2026, month, 15), months[10] * PER_MONTH // 100, PER_MONTH)
        for item, months in printed_rates("T2").items()
        for month in (2, 3, 4)
    ]
    ask(world, tmp_path, [*before, *interviews("T2", shift=-3)])
    plan_id = new_id()
    items = {row.code: row.id for row in rows_of(world, "SELECT code, id FROM item")}
    plan_items = {item: new_id() for item in ITEMS}
    with world.db.write() as session:
        write_row(
            session,
            "plan",
            plan_id,
            {"dealer_id": world.dealers["N01"], "status": "published", "trigger_month": "2026-05"},
        )
        for item, row_id in plan_items.items():
            write_row(session, "plan_item", row_id, {"plan_id": plan_id, "item_id": items[ITEMS[item]]})
        action = {"plan_id": plan_id, "starts_on": date(2026, 5, 4), "due_on": date(2026, 6, 30)}
        write_row(session, "action", new_id(), action)
    with world.db.write() as session:
        found = evaluate_plan(session, plan_id, now=at_noon)
    labels = {"improving_keep": Trend.IMPROVING, "not_improved_focus": Trend.NOT_IMPROVED}
    for row in seed("exec_verdict.csv"):
        evaluation = found[plan_items[row["item"]]]
        assert evaluation.trend is labels[row["deck_verdict"]]
        assert evaluation.merged.rates == tuple(float(r) for r in printed_rates("T2")[row["item"]].values())
    verdicts = {item: found[row_id].verdict for item, row_id in plan_items.items()}
    assert verdicts["新车加油"] is Verdict.NOT_IMPROVED
    assert Verdict.WORSE not in verdicts.values()
    assert verdicts["服务对接"] is Verdict.IMPROVED
    stored = rows_of(world, "SELECT id, verdict, version FROM plan_item")
    assert {row.id: row.verdict for row in stored} == {
        plan_items[item]: verdict.value for item, verdict in verdicts.items()
    }
    with world.db.write() as session:
        evaluate_plan(session, plan_id, now=at_noon)
    again = rows_of(world, "SELECT id, verdict, version FROM plan_item")
    assert sorted(again) == sorted(stored), "an evaluation that says the same is not written again"


@pytest.mark.parametrize(
    ("item", "first", "last", "n", "verdict"),
    [
        ("试乘试驾", 90, 96, 150, Verdict.IMPROVED),
        ("试乘试驾", 90, 96, 100, Verdict.NOT_IMPROVED),
        ("服务对接", 86, 92, 200, Verdict.NOT_IMPROVED),
        ("服务对接", 86, 92, 300, Verdict.IMPROVED),
        ("新车加油", 88, 86, 50, Verdict.NOT_IMPROVED),
        ("新车加油", 88, 86, 1000, Verdict.NOT_IMPROVED),
    ],
)
def test_t2_how_many_answers_the_printed_change_needs(
    world: World, tmp_path: Path, item: str, first: int, last: int, n: int, verdict: Verdict
) -> None:
    code = ITEMS[item]
    asked = [
        Asked("N01", code, date(2026, 4, 1), first * n // 100, n),
        Asked("N01", code, date(2026, 7, 1), last * n // 100, n),
    ]
    ask(world, tmp_path, asked)
    plan_id, plan_item = new_id(), new_id()
    item_id = rows_of(world, "SELECT id FROM item WHERE code = :code", code=code)[0][0]
    with world.db.write() as session:
        write_row(session, "plan", plan_id, {"dealer_id": world.dealers["N01"], "trigger_month": "2026-05"})
        write_row(session, "plan_item", plan_item, {"plan_id": plan_id, "item_id": item_id})
        write_row(session, "action", new_id(), {"plan_id": plan_id, "starts_on": date(2026, 5, 4)})
        assert evaluate_plan(session, plan_id, now=at_noon)[plan_item].verdict is verdict


def test_t3_and_t4_outcomes_of_the_callbacks(world: World, tmp_path: Path) -> None:
    months = {int(row["month"]): row for row in seed("callback.csv")}
    failed: dict[int, dict[Disposition, tuple[int, float]]] = defaultdict(dict)
    for row in seed("callback_fail.csv"):
        failed[int(row["month"])][REASONS[row["reason"]]] = (int(row["n"]), float(row["share_pct"]))
    words = {disposition: word for word, disposition in REASONS.items()}
    rows: list[dict[str, str]] = []
    for month, line in months.items():
        # June's number of calls is not printed: 985 is one of the six that give its printed percentage
        called = int(line["called"] or 985)
        fails = {reason: n for reason, (n, _) in failed[month].items()}
        outcomes = ["成功"] * (called - sum(fails.values()))
        outcomes += [words[reason] for reason, n in fails.items() for _ in range(n)]
        rows += [{"dealer": "N01", "day": f"2026-{month:02d}-15", "outcome": word} for word in outcomes]
    path = write_survey(tmp_path / "calls.csv", ["new_car_fuel"], rows)
    load(world, path, survey_mapping(["new_car_fuel"], source="callback"))

    with world.db.read() as session:
        wanted = [f"2026-{month:02d}" for month in months]
        found = {int(o.month[5:]): o for o in call_outcomes(session, EVERYTHING, wanted)}

    assert set(found) == set(months) == {5, 6, 7, 8, 9}
    for month, line in months.items():
        outcome = found[month]
        assert outcome.success == float(line["success_pct"])
        assert outcome.failed == int(line["failed"])
        if line["success"]:
            assert (outcome.called, outcome.completed) == (int(line["called"]), int(line["success"]))
        assert [share.disposition for share in outcome.failures] == list(FAILURES)
        shares = {share.disposition: (share.count, share.share) for share in outcome.failures}
        assert shares == failed[month]


def ratings_mapping(codes: dict[str, str | None], *, by_employee: bool) -> SurveyMapping:
    """A mapping of ratings 0..100; codes with the item they are about."""
    document: dict[str, Any] = survey_mapping(["service_quote_first"], name="csi").to_json()
    document.pop("execution")
    document["ratings"] = [
        {
            "column": code,
            "code": code,
            "item": item,
            "minimum": 0,
            "maximum": 100,
            "text": {"zh": code, "en": code},
        }
        for code, item in codes.items()
    ]
    if not by_employee:
        document.pop("employee")
    return SurveyMapping.model_validate(document)


FOUR = {
    "服务态度": "service_attitude",
    "及时接待": "service_timely_reception",
    "预先报价": "service_quote_first",
    "解释账单": "service_bill_explained",
}
CODES = dict(zip(FOUR, ("attitude", "timely", "quote", "bill"), strict=True))


def test_t5_satisfaction_per_item_and_month(world: World, tmp_path: Path) -> None:
    codes = {CODES[name]: item for name, item in FOUR.items()} | {"overall": None}
    names = {**CODES, "满意度": "overall"}
    rows: list[dict[str, str]] = []
    for line in seed("csi_items.csv"):
        for i in range(10):  # ten whole ratings whose mean is the printed figure
            row = {"dealer": "N01", "day": f"2026-{int(line['month']):02d}-15"}
            for name, code in names.items():
                whole, rest = divmod(round(float(line[name]) * 10), 10)
                row[code] = str(whole + (i < rest))
            rows.append(row)
    path = write_survey(tmp_path / "csi.csv", list(codes), rows)
    load(world, path, ratings_mapping(codes, by_employee=False))
    months = [f"2026-{int(line['month']):02d}" for line in seed("csi_items.csv")]
    with world.db.read() as session:
        found = rating_means(session, EVERYTHING, "csi", months, by="month")
    means_of_four = {5: 96.48, 6: 94.40, 7: 90.93, 8: 93.55, 9: 93.35}
    assert len(found.groups) == 5
    for line, group in zip(seed("csi_items.csv"), found.groups, strict=True):
        printed = {code: float(line[name]) for name, code in names.items()}
        assert {question.code: question.mean for question in group.questions} == printed
        # the printed 满意度 is another question: it is not the mean of the four items
        assert group.satisfaction == means_of_four[int(line["month"])] != printed["overall"]
    # ratings give no execution: the ledger stays empty
    assert rows_of(world, "SELECT count(*) FROM observation") == [(0,)]


def test_t6_advisers_and_the_two_means_over_them(world: World, tmp_path: Path) -> None:
    codes: dict[str, str | None] = {CODES[name]: item for name, item in FOUR.items()}
    rows = [
        {
            "dealer": "N01",
            "day": "2026-09-15",
            "employee": line["advisor"],
            **{CODES[name]: line[name] for name in FOUR},
        }
        for line in seed("advisors_sep.csv")
        for _ in range(int(line["电访台次"]))
    ]
    path = write_survey(tmp_path / "csi.csv", list(codes), rows)
    load(world, path, ratings_mapping(codes, by_employee=True))
    with world.db.read() as session:
        found = rating_means(session, EVERYTHING, "csi", ["2026-09"], by="employee")
    printed = {line["advisor"]: float(line["满意度"]) for line in seed("advisors_sep.csv")}
    assert len(printed) == 5
    assert {group.key: group.satisfaction for group in found.groups} == printed
    expected = {line["statistic"]: float(line["value"]) for line in seed("advisors_sep_expected.csv")}
    assert found.weighted == expected["weighted by 电访台次"]
    assert found.unweighted == expected["mean of advisors (printed station 满意度)"]

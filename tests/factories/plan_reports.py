"""Plans on paper for the tests: one after the domain's own example, with every part filled."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from sync_server.insight.statistics import wilson_interval
from sync_server.reports import (
    CauseLine,
    Evaluation,
    Finding,
    ItemReport,
    Measure,
    Phrase,
    PlanReport,
    ProgressLine,
    Rate,
    SourceRates,
)

CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


def rate(executed: int, n: int) -> Rate:
    """A rate with its Wilson interval."""
    band = wilson_interval(executed, n)
    return Rate(100 * executed / n, 100 * band.low, 100 * band.high, n) if n else Rate(None, None, None, 0)


def golden_finding() -> Finding:
    """Service hand-over fell 94 to 78 and stays under the target (the domain's example)."""
    return Finding(
        months=("2026-08", "2026-09", "2026-10"),
        merged=SourceRates("", (rate(94, 100), rate(78, 100), rate(81, 100))),
        sources=(
            SourceRates("phone", (rate(75, 80), rate(62, 80), rate(65, 80))),
            SourceRates("shop", (rate(8, 8), rate(6, 8), rate(6, 8))),
            SourceRates("audit", (None, rate(2, 3), None)),
        ),
        target=85.0,
        reasons=(
            Phrase("执行率低：81.00%，低于目标 85%", "Low rate: 81.00 %, below the target of 85 %"),
            Phrase(
                "环比下滑：较 2026-08 下降 16.00 个百分点（94.00% → 78.00%）",
                "Decline: 16.00 points below 2026-08 (94.00 % to 78.00 %)",
            ),
        ),
    )


def measures(item: int) -> tuple[Measure, ...]:
    """The four measures of the domain's example."""
    texts = (
        ("向全体销售与服务人员宣贯服务对接的意义", "briefing", "verified", 100),
        ("严格执行交车流程中的服务对接环节，交车前由展厅经理核对检查表", "process", "running", 60),
        ("销售顾问在交车时当面引荐服务顾问", "drill", "open", 0),
        ("服务顾问留下联系方式（名片与企业微信），并在 24 小时内发送问候", "process", "done", 100),
    )
    return tuple(
        Measure(
            f"{item}.{index}", text, method, "王海燕", "李建国",
            date(2026, 11, 3), date(2026, 11, 3) + timedelta(days=9 * index), status, percent,
        )
        for index, (text, method, status, percent) in enumerate(texts, 1)
    )  # fmt: skip


def hand_over() -> ItemReport:
    """An item with causes, measures and progress, not yet evaluated."""
    return ItemReport(
        name=Phrase("服务对接", "Service hand-over"),
        stage="delivery",
        rater="assurance",
        finding=golden_finding(),
        causes=(
            CauseLine(
                "delivery",
                Phrase("交车时未引荐服务顾问", "Service adviser not introduced at delivery"),
                (
                    "电话调查 2026-10-12：客户表示不知道服务顾问是谁",
                    "神秘客户 2026-10-18：交车环节未见服务顾问",
                ),
            ),
            CauseLine("care", Phrase("服务顾问未留下联系方式，客户首保时无人可找"), ()),
            CauseLine(
                "delivery", Phrase("交车高峰时段服务顾问无法离开前台", "Advisers tied to the desk at peak")
            ),
        ),
        measures=measures(1),
        progress=(
            ProgressLine(datetime(2026, 11, 12, 17, 40, tzinfo=CHINA), "1.2", "王海燕", 60, "检查表已上墙"),
            ProgressLine(
                datetime(2026, 11, 5, 9, 30, tzinfo=CHINA),
                "1.1",
                "王海燕",
                100,
                "全员宣贯会，到会 23 人，签到表已上传。",
            ),
        ),
    )


def test_drive() -> ItemReport:
    """An item that has been evaluated: improved."""
    before, after = rate(238, 300), rate(278, 300)
    shop_before, shop_after = rate(7, 9), rate(9, 10)
    return ItemReport(
        name=Phrase("主动邀约试乘试驾", "Test drive actively offered"),
        stage="test_drive",
        rater="responsiveness",
        finding=replace(
            golden_finding(), merged=SourceRates("", (rate(79, 100), rate(78, 100), rate(20, 26))), reasons=()
        ),
        causes=(CauseLine("test_drive", Phrase("试驾车配备不齐全", "Test cars not complete")),),
        measures=measures(2),
        verdict="improved",
        evaluations=(
            Evaluation("", before, after, 13.3, 7.9, 18.8, "improving", "improved"),
            Evaluation("shop", shop_before, shop_after, 12.2, -21.6, 44.0, "unclear", "not_enough_data"),
        ),
        before_months=("2026-07", "2026-08", "2026-09"),
        after_months=("2026-12", "2027-01", "2027-02"),
        excluded_months=("2026-10", "2026-11"),
        target_reached=True,
    )


test_drive.__test__ = False  # type: ignore[attr-defined]


def plan() -> PlanReport:
    """A published plan of two items."""
    return PlanReport(
        number="A1001-202611-01",
        title="第四季度服务对接与试乘试驾提升方案",
        status="published",
        dealer=Phrase("北京华盛汽车销售服务有限公司", "Beijing Huasheng Motors"),
        dealer_code="A1001",
        region=Phrase("华北大区", "North China"),
        city=Phrase("北京", "Beijing"),
        trigger_month="2026-10",
        author="赵敏",
        created_at=datetime(2026, 11, 1, 10, 0, tzinfo=CHINA),
        published_at=datetime(2026, 11, 3, 15, 20, tzinfo=CHINA),
        closed_at=None,
        summary=(
            "服务对接执行率由 8 月的 94% 降至 9 月的 78%，10 月为 81%，仍低于 85% 的目标；"
            "试乘试驾连续三个月处于低位。"
            "本方案针对交车环节的服务顾问引荐与试驾邀约，分别制定宣贯、演练与流程三类措施，由展厅经理负责落实，"
            "服务经理监督，12 月起以五个来源的数据评估效果。"
        ),
        items=(hand_over(), test_drive()),
        general_measures=(replace(measures(3)[1], number="G.1", measure="每周一晨会通报弱项执行率"),),
        general_progress=(),
        managers=("赵敏",),
        data_cut="#48213",
        generated_at=datetime(2026, 11, 22, 14, 3, tzinfo=CHINA),
        zone="Asia/Shanghai",
    )

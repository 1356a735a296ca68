"""Callback history of the network, as the own call centre would export it.

Dealers whose plans are finished have the callbacks of their case; all others have fewer, so that the verdicts
on those plans are net of what happened at dealers without one.
"""

from __future__ import annotations

import csv
import io
from calendar import monthrange
from collections.abc import Sequence
from datetime import date, timedelta

from sync_server.demo.story import CASES, HISTORY, OTHERS_CALLBACKS, execution, random_for

_COLUMNS = {
    "test_drive_offered": "是否邀请试驾",
    "service_handover": "是否介绍服务顾问",
    "new_car_fuel": "油箱油量是否达标",
}
_HEAD = [
    "序号",
    "经销商",
    "车主",
    "电话",
    "车牌",
    "交车日期",
    "回访日期",
    "第几次",
    "结果",
    "是否邀请试驾",
    "是否介绍服务顾问",
    "油箱油量是否达标",
    "总体满意(10分)",
    "抱怨内容",
    "回访员",
]
_OUTCOMES = ("成功",) * 17 + ("无法接通", "拒绝回访", "号码错误")


def callback_history(dealers: Sequence[str], months: Sequence[str] = HISTORY) -> bytes:
    """A CSV file (UTF-8 with signature) of these dealers and months in the layout of the mapping
    ``callbacks``."""
    out = io.StringIO()
    writer: csv.DictWriter[str] = csv.DictWriter(out, _HEAD)
    writer.writeheader()
    number = 0
    calls = dict.fromkeys(sorted(dealers), OTHERS_CALLBACKS) | {case.dealer: case.callbacks for case in CASES}
    for dealer, callbacks in calls.items():
        for month in months:
            for row in _month(dealer, callbacks, month):
                number += 1
                writer.writerow({"序号": number, **row})
    return out.getvalue().encode("utf-8-sig")


def _month(dealer: str, callbacks: int, month: str) -> list[dict[str, object]]:
    random = random_for("history", dealer, month)
    year, number = (int(part) for part in month.split("-"))
    rows: list[dict[str, object]] = []
    for _ in range(callbacks):
        # the callback is made three days after delivery and within the month, so delivery is early enough
        delivered = date(year, number, random.randint(1, monthrange(year, number)[1] - 3))
        outcome = random.choice(_OUTCOMES)
        row: dict[str, object] = {
            "经销商": dealer,
            "车主": random.choice("赵钱孙李周吴郑王冯陈") + random.choice("敏杰涛静强霞磊娟"),
            "电话": f"13{random.randint(0, 9)}{random.randint(0, 99999999):08d}",
            "车牌": f"{random.choice('晋苏琼川新')}{random.choice('ABCD')}{random.randint(10000, 99999)}",
            "交车日期": delivered.isoformat(),
            "回访日期": (delivered + timedelta(days=3)).isoformat(),
            "第几次": random.choices((1, 2, 3), (6, 2, 1))[0],
            "结果": outcome,
            "回访员": f"客服0{random.randint(1, 3)}",
        }
        if outcome == "成功":
            for item, column in _COLUMNS.items():
                row[column] = "√" if random.random() < execution(dealer, item, month) else "×"
            row["总体满意(10分)"] = random.choices((10, 9, 8, 7, 6), (30, 30, 20, 12, 8))[0]
        rows.append(row)
    return rows

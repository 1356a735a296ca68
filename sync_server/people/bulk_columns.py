"""Columns of the bulk import: their names in files, in both languages, and what their cells may hold."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shared_models.imports.mapping import DateForm
from shared_models.people.access import Role
from shared_models.people.admin_wire import Sheet
from sync_server.imports.cells import Cell, ImpossibleDay, UnreadableDay, day_of, number_of, text_of


class CellProblem(ValueError):
    """A cell that cannot be taken; its text is the reason's code."""


@dataclass(frozen=True)
class Column:
    """A column: its headings (Chinese, English, code), whether each row needs it, its longest text."""

    name: str
    zh: str
    en: str
    needed: bool = False
    longest: int = 120

    @property
    def headings(self) -> tuple[str, ...]:
        """All headings under which the column is found, folded."""
        return tuple(fold(text) for text in (self.zh, self.en, self.name))


def fold(heading: str) -> str:
    """A heading as it is compared: without stars, blanks and case, full-width signs as plain ones."""
    plain = unicodedata.normalize("NFKC", heading)
    return plain.replace("*", "").replace(" ", "").replace("_", "").casefold()


COLUMNS: dict[Sheet, tuple[Column, ...]] = {
    "regions": (
        Column("code", "区域代码", "Region code", True, 20),
        Column("name", "区域名称", "Region name", True),
        Column("name_en", "英文名称", "English name"),
    ),
    "dealers": (
        Column("code", "经销商代码", "Dealer code", True, 20),
        Column("name", "经销商名称", "Dealer name", True),
        Column("name_en", "英文名称", "English name"),
        Column("region", "区域", "Region", True),
        Column("city", "城市", "City", longest=60),
        Column("city_en", "英文城市", "English city", longest=60),
        Column("address", "地址", "Address", longest=200),
        Column("latitude", "纬度", "Latitude"),
        Column("longitude", "经度", "Longitude"),
        Column("open", "是否营业", "Open"),
        Column("maintainer", "数据维护人账号", "Data maintainer login", longest=80),
    ),
    "people": (
        Column("login", "账号", "Login", True, 80),
        Column("name", "姓名", "Name", True),
        Column("language", "语言", "Language"),
        Column("position", "职务", "Position"),
        Column("home_dealer", "所属经销商代码", "Home dealer code", longest=20),
        Column("email", "邮箱", "Mail", longest=254),
        Column("role", "角色", "Role"),
        Column("scope", "范围", "Scope"),
        Column("valid_from", "生效日期", "Valid from"),
        Column("valid_until", "截止日期", "Valid until"),
        Column("active", "是否在用", "Active"),
    ),
    "targets": (
        Column("item", "项目", "Item", True),
        Column("region", "区域", "Region"),
        Column("dealer", "经销商代码", "Dealer code", longest=20),
        Column("month_from", "起始月份", "First month"),
        Column("month_to", "截止月份", "Last month"),
        Column("target", "目标（%）", "Target (%)"),
    ),
    "sales": (
        Column("dealer", "经销商代码", "Dealer code", True, 20),
        Column("month", "月份", "Month", True),
        Column("target", "销售目标（台）", "Sales target (cars)", True),
        Column("achieved", "实际销量（台）", "Cars sold", True),
    ),
    "calls": (
        Column("dealer", "经销商代码", "Dealer code", True, 20),
        Column("kind", "类型", "Kind", True),
        Column("day", "日期", "Day", True),
        Column("name", "客户姓名", "Customer", True, 60),
        Column("phone", "联系电话", "Telephone", True, 32),
        Column("plate", "车牌号", "Number plate", longest=16),
        Column("vin", "车架号", "VIN", longest=17),
        Column("model", "车型", "Model", longest=60),
        Column("employee", "服务人员", "Adviser", longest=60),
    ),
}
ROLE_WORDS: dict[str, Role] = {
    **{role.value: role for role in Role},
    "神秘客户": Role.SHOPPER,
    "内部督导": Role.AUDITOR,
    "督导": Role.AUDITOR,
    "检查员": Role.AUDITOR,
    "客服专员": Role.CALLER,
    "区域经理": Role.MANAGER,
    "责任人": Role.OWNER,
    "总部": Role.HQ,
    "mystery shopper": Role.SHOPPER,
    "call agent": Role.CALLER,
    "regional manager": Role.MANAGER,
    "improvement owner": Role.OWNER,
    "headquarters": Role.HQ,
}
COMPANY_WORDS = frozenset({"", "全公司", "全国", "company", "whole company", "all"})
_YES = frozenset({"是", "在用", "营业", "yes", "y", "true", "1", "启用"})
_NO = frozenset({"否", "停用", "关闭", "停业", "no", "n", "false", "0"})
_LANGUAGES = {"": "zh_CN", "中文": "zh_CN", "zh": "zh_CN", "zh_cn": "zh_CN", "英文": "en", "英语": "en"} | {
    "en": "en",
    "english": "en",
    "chinese": "zh_CN",
}
MOST_CARS = 1_000_000
_MONTH = re.compile(r"(\d{4})-?(\d{1,2})")
_DAYS = (DateForm.ISO, DateForm.SLASHES, DateForm.CHINESE, DateForm.EXCEL)


def text_cell(column: Column, cell: Cell) -> str:
    """The text of a cell; ``missing`` and ``too_long`` are refused."""
    text = text_of(cell)
    if column.needed and not text:
        raise CellProblem("missing")
    if len(text) > column.longest:
        raise CellProblem("too_long")
    return text


def yes_or_no(cell: Cell) -> bool:
    """Yes where the cell is blank or says so."""
    text = text_of(cell).casefold()
    if not text or text in _YES:
        return True
    if text in _NO:
        return False
    raise CellProblem("yes_no")


def degrees(cell: Cell, limit: float) -> float | None:
    """Degrees within the limit; none for a blank."""
    try:
        number = number_of(cell)
    except ValueError:
        raise CellProblem("number") from None
    if number is not None and abs(number) > limit:
        raise CellProblem("degrees")
    return None if number is None else float(number)


def month_cell(cell: Cell) -> str:
    """A month as YYYY-MM ("" for a blank): 2026-11, 2026/11, 2026年11月, 202611, or any day of it."""
    text = text_of(cell).replace("年", "-").replace("月", "").replace("/", "-").replace(".", "-")
    found = _MONTH.fullmatch(text)
    if found is not None and 1 <= int(found[2]) <= 12:
        return f"{found[1]}-{int(found[2]):02d}"
    try:
        day = day_cell(cell)
    except CellProblem:
        raise CellProblem("month") from None
    return "" if day is None else f"{day:%Y-%m}"


def percent_cell(cell: Cell) -> Decimal | None:
    """Percent above 0 to 100; none for a blank."""
    try:
        number = number_of(cell.removesuffix("%") if isinstance(cell, str) else cell)
    except ValueError:
        raise CellProblem("number") from None
    if number is None:
        return None
    value = Decimal(str(number))
    if not 0 < value <= 100 or value != round(value, 2):
        raise CellProblem("percent")
    return value


def cars_cell(cell: Cell) -> int:
    """A whole number of cars."""
    try:
        number = number_of(cell)
    except ValueError:
        raise CellProblem("number") from None
    if number is None:
        raise CellProblem("missing")
    if number != int(number) or not 0 <= number <= MOST_CARS:
        raise CellProblem("cars")
    return int(number)


def language_of(cell: Cell) -> str:
    """The language a person reads; Chinese for a blank."""
    try:
        return _LANGUAGES[text_of(cell).casefold()]
    except KeyError:
        raise CellProblem("language") from None


def role_of(cell: Cell) -> Role | None:
    """A role by its word or code; none for a blank."""
    text = text_of(cell).casefold()
    if not text:
        return None
    if text not in ROLE_WORDS:
        raise CellProblem("role")
    return ROLE_WORDS[text]


def day_cell(cell: Cell) -> date | None:
    """A day; none for a blank."""
    try:
        return day_of(cell, _DAYS)
    except (UnreadableDay, ImpossibleDay):
        raise CellProblem("day") from None

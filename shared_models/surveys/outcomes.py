"""Outcomes of a call, in the trade's own words (``surveys.disposition.<value>`` in the catalogue)."""

from __future__ import annotations

from enum import StrEnum


class Disposition(StrEnum):
    """How a call to a customer ended."""

    COMPLETED = "completed"  # 成功
    WRONG_NUMBER = "wrong_number"  # 号码错误
    NOT_THE_PERSON = "not_the_person"  # 非车主 / 非本人送修
    UNREACHABLE = "unreachable"  # 无法接通
    REFUSED = "refused"  # 拒绝回访
    BROKEN_OFF = "broken_off"  # 中途中断
    CALL_LATER = "call_later"  # 改约再访


FAILURES: tuple[Disposition, ...] = (
    Disposition.WRONG_NUMBER,
    Disposition.NOT_THE_PERSON,
    Disposition.UNREACHABLE,
    Disposition.REFUSED,
    Disposition.BROKEN_OFF,
)
"""Outcomes that count as failed, in the order of the trade's table."""

"""Months as the figures count them. Pure."""

from __future__ import annotations

from datetime import date, timedelta

MONTH = r"^[12][0-9]{3}-(0[1-9]|1[0-2])$"
"""What a month reads like: YYYY-MM, of a year that has others before and after it."""
CLOSING_DAYS = 5
"""A month's figures are final so many days after its end; later data makes a revision."""


def month_of(day: date) -> str:
    """The month of a day, YYYY-MM."""
    return f"{day.year:04d}-{day.month:02d}"


def shifted(month: str, by: int) -> str:
    """The month so many months later (earlier where negative)."""
    year, number = (int(part) for part in month.split("-"))
    index = year * 12 + number - 1 + by
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def months_up_to(month: str, count: int) -> tuple[str, ...]:
    """That month and those before it, oldest first."""
    return tuple(shifted(month, -back) for back in range(count - 1, -1, -1))


def is_final(month: str, today: date) -> bool:
    """Whether the month closed CLOSING_DAYS ago or longer."""
    return month < month_of(today - timedelta(days=CLOSING_DAYS))

"""Rounding as the trade's tables do it: half up, in decimal, never in binary floating point."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


def round_half_up(value: Decimal | Fraction | float | str, places: int = 2) -> Decimal:
    """The value rounded half up (away from zero) to `places` decimals.

    A float is taken at its shortest decimal spelling, so that 2.005 gives 2.01; a fraction is rounded
    exactly.

    Raises:
        ValueError: NaN, infinite or not a number; negative `places`.
    """
    if places < 0:
        raise ValueError(f"places must not be negative, got {places}")
    if isinstance(value, Fraction):
        scaled = abs(value) * 10**places
        whole = int(scaled + Fraction(1, 2))
        return Decimal(whole if value >= 0 else -whole).scaleb(-places)
    try:
        exact = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    except ArithmeticError as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not exact.is_finite():
        raise ValueError(f"{value!r} cannot be rounded")
    return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def percentage(
    part: int | Fraction | Decimal, whole: int | Fraction | Decimal, places: int = 2
) -> Decimal | None:
    """100·part/whole in exact arithmetic, rounded half up; None ("no data") when the whole is 0."""
    denominator = Fraction(whole)
    if denominator == 0:
        return None
    return round_half_up(100 * Fraction(part) / denominator, places)

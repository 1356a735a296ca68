"""Figures in words, the same on screens, in the plan and on the command line."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from shared_models.insight.wire import Look, RateCell, ReasonKind, WeakReason
from shared_models.messages import Words

_TENTH = Decimal("0.1")


def number_text(value: float | None) -> str:
    """A percentage or a count with at most one decimal, half up, without a needless ``.0``; – if none."""
    if value is None:
        return "–"
    rounded = Decimal(repr(float(value))).quantize(_TENTH, ROUND_HALF_UP)
    whole = rounded == rounded.to_integral_value()
    return str(int(rounded)) if whole else str(rounded)


def probability_text(value: float | None) -> str:
    """A probability in percent; never a bare 0 or 100, which nobody can know."""
    if value is None:
        return "–"
    if value < 1:
        return "<1"
    return ">99" if value > 99 else str(int(value + 0.5))


def reason_text(reason: WeakReason, words: Words) -> str:
    """Why an item is weak, as one sentence with its figures."""
    if reason.kind is ReasonKind.LOW_RATE:
        return words(
            "insight.reason.low_rate", rate=number_text(reason.rate), target=number_text(reason.target)
        )
    if reason.kind is ReasonKind.BELOW_TARGET:
        return words(
            "insight.reason.below_target",
            rate=number_text(reason.rate),
            target=number_text(reason.target),
            probability=probability_text(reason.probability),
        )
    if reason.kind is ReasonKind.WARNING:
        return words("insight.reason.warning", month=reason.previous_month)
    if reason.kind is ReasonKind.CONFIRMED_DECLINE:
        return words("insight.reason.confirmed_decline", drop=number_text(reason.drop))
    return words(
        "insight.reason.decline",
        rate=number_text(reason.rate),
        previous=number_text(reason.previous_rate),
        drop=number_text(reason.drop),
        month=reason.previous_month,
        sources=words("insight.list_separator").join(
            words(f"checklists.source.{source.value}") for source in reason.sources
        ),
    )


def cell_text(cell: RateCell, words: Words) -> str:
    """A rate with its counts and interval, or that there is too little to say anything."""
    if cell.rate is None:
        return words("insight.cell.empty")
    values = {
        "rate": number_text(cell.rate),
        "executed": number_text(cell.executed),
        "applicable": number_text(cell.applicable),
        "low": number_text(cell.low),
        "high": number_text(cell.high),
    }
    return words("insight.cell.small" if cell.small else "insight.cell.full", **values)


def look_text(look: Look, words: Words) -> str:
    """A look at a plan's effect as one sentence: the change, net of whom, how sure, and the verdict."""
    months = look.months_after
    if not look.complete:
        return words("insight.look.open", months=months, month=look.after_months[-1])
    verdict = words(f"insight.verdict.{look.verdict.value}")
    if look.difference is None:
        return words("insight.look.no_data", months=months, verdict=verdict)
    kind = "alone" if not look.controls else "net" if look.matched else "net_all"
    said = words(
        f"insight.look.{kind}",
        months=months,
        controls=look.controls,
        difference=signed_text(look.difference),
        low=signed_text(look.low),
        high=signed_text(look.high),
        verdict=verdict,
    )
    more = [words("insight.look.on_target")] if look.on_target else []
    more += [words("insight.look.conflict")] if look.conflict else []
    return words("insight.list_separator").join([said, *more]) if more else said


def signed_text(value: float | None) -> str:
    """A change in points with its sign; – if none."""
    return f"+{number_text(value)}" if value is not None and value > 0 else number_text(value)

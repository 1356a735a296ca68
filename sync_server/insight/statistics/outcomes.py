"""Outcome rates of telephone work by the AAPOR Standard Definitions (9th edition, 2016), and the deck's
own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Dispositions:
    """Final cases: I complete, P partial, R refusal and break-off, NC non-contact, O other eligible,
    UH unknown household, UO unknown other, NE not eligible."""

    complete: float = 0
    partial: float = 0
    refusal: float = 0
    noncontact: float = 0
    other: float = 0
    unknown_household: float = 0
    unknown_other: float = 0
    not_eligible: float = 0


@dataclass(frozen=True, slots=True)
class OutcomeRates:
    """AAPOR rates as fractions, NaN where their denominator is 0; `e` is the share of the unknown held
    eligible."""

    rr1: float
    rr2: float
    rr3: float
    rr4: float
    rr5: float
    rr6: float
    coop1: float
    coop2: float
    coop3: float
    coop4: float
    ref1: float
    ref2: float
    ref3: float
    con1: float
    con2: float
    con3: float
    e: float


def aapor_rates(
    complete: float | Dispositions,
    partial: float = 0,
    refusal: float = 0,
    noncontact: float = 0,
    other: float = 0,
    unknown_household: float = 0,
    unknown_other: float = 0,
    not_eligible: float = 0,
    *,
    e: float | None = None,
) -> OutcomeRates:
    """All sixteen AAPOR response, cooperation, refusal and contact rates.

    RR1 = I/((I+P)+(R+NC+O)+(UH+UO)), RR3 weighs the unknown by e, RR5 leaves them out; RR2, RR4, RR6 count
    partials as responses; likewise COOP, REF, CON. AAPOR Standard Definitions, 9th ed. 2016.

    Args:
        complete: number of complete interviews, or all counts as `Dispositions`.
        e: share of unknown cases that are eligible; by default eligible/(eligible + not eligible), 1 when
            neither is known.

    Raises:
        ValueError: on negative or non-finite counts, or e outside 0..1.
    """
    given = complete if isinstance(complete, Dispositions) else None
    d = given or Dispositions(
        float(complete) if not isinstance(complete, Dispositions) else 0,
        partial,
        refusal,
        noncontact,
        other,
        unknown_household,
        unknown_other,
        not_eligible,
    )
    i, p, r, nc, o = d.complete, d.partial, d.refusal, d.noncontact, d.other
    unknown, ne = d.unknown_household + d.unknown_other, d.not_eligible
    for name, count in zip(
        ("I", "P", "R", "NC", "O", "UH", "UO", "NE"),
        (i, p, r, nc, o, d.unknown_household, d.unknown_other, ne),
        strict=True,
    ):
        if not 0 <= count < float("inf"):
            raise ValueError(f"{name} must be a count, got {count}")
    known = i + p + r + nc + o
    if e is None:
        e = known / (known + ne) if known + ne else 1.0
    if not 0 <= e <= 1:
        raise ValueError(f"e must lie between 0 and 1, got {e}")

    def share(part: float, whole: float) -> float:
        return part / whole if whole else float("nan")

    full, some, none = known + unknown, known + e * unknown, known
    return OutcomeRates(
        rr1=share(i, full),
        rr2=share(i + p, full),
        rr3=share(i, some),
        rr4=share(i + p, some),
        rr5=share(i, none),
        rr6=share(i + p, none),
        coop1=share(i, i + p + r + o),
        coop2=share(i + p, i + p + r + o),
        coop3=share(i, i + p + r),
        coop4=share(i + p, i + p + r),
        ref1=share(r, full),
        ref2=share(r, some),
        ref3=share(r, none),
        con1=share(i + p + r + o, full),
        con2=share(i + p + r + o, some),
        con3=share(i + p + r + o, none),
        e=e,
    )


def callback_dispositions(
    completed: int,
    *,
    partial: int = 0,
    refused: int = 0,
    broken_off: int = 0,
    unreachable: int = 0,
    wrong_number: int = 0,
    not_the_customer: int = 0,
    never_dialled: int = 0,
    wrong_number_as: Literal["noncontact", "unknown"] = "noncontact",
    not_the_customer_as: Literal["not eligible", "other"] = "not eligible",
) -> Dispositions:
    """The trade's callback outcomes as AAPOR dispositions.

    拒绝回访 and 中途中断 → R (2.11, 2.12); 无法接通 and never dialled → NC (2.2); 号码错误 → NC for named
    customers with a job record (or UO); 非本人送修 → NE (or O).
    """
    wrong_known = wrong_number_as == "noncontact"
    outside = not_the_customer_as == "not eligible"
    return Dispositions(
        complete=completed,
        partial=partial,
        refusal=refused + broken_off,
        noncontact=unreachable + never_dialled + (wrong_number if wrong_known else 0),
        other=0 if outside else not_the_customer,
        unknown_other=0 if wrong_known else wrong_number,
        not_eligible=not_the_customer if outside else 0,
    )

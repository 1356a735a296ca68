"""How much of the variation lies between raters, interviewers or subjects: intraclass correlations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from sync_server.insight.statistics.arrays import as_matrix, as_vector


@dataclass(frozen=True, slots=True)
class IntraclassCorrelation:
    """The six forms of Shrout & Fleiss: 1 one-way, 2 two-way random, 3 two-way fixed; `_k` of the mean of
    raters."""

    icc1: float
    icc2: float
    icc3: float
    icc1_k: float
    icc2_k: float
    icc3_k: float
    subjects: int
    raters: int


def intraclass_correlation(ratings: ArrayLike) -> IntraclassCorrelation:
    """Intraclass correlations of subjects × raters by two-way analysis of variance.

    Shrout & Fleiss 1979, Psychol Bull 86:420. Subjects with a missing rating (NaN) are left out. All forms
    are NaN when nothing varies.

    Raises:
        ValueError: fewer than two raters, or fewer than two complete subjects.
    """
    x = as_matrix(ratings, "ratings", allow_nan=True)
    if x.shape[1] < 2:
        raise ValueError(f"needs at least two raters, got {x.shape[1]}")
    x = x[~np.isnan(x).any(axis=1)]
    n, k = x.shape
    if n < 2:
        raise ValueError(f"needs at least two completely rated subjects, got {n}")
    grand = float(x.mean())
    between = k * float(np.sum((x.mean(axis=1) - grand) ** 2))
    raters = n * float(np.sum((x.mean(axis=0) - grand) ** 2))
    total = float(np.sum((x - grand) ** 2))
    bms, jms = between / (n - 1), raters / (k - 1)
    wms = (total - between) / (n * (k - 1))
    ems = max(total - between - raters, 0.0) / ((n - 1) * (k - 1))

    def ratio(part: float, whole: float) -> float:
        return part / whole if whole != 0 else float("nan")

    return IntraclassCorrelation(
        icc1=ratio(bms - wms, bms + (k - 1) * wms),
        icc2=ratio(bms - ems, bms + (k - 1) * ems + k * (jms - ems) / n),
        icc3=ratio(bms - ems, bms + (k - 1) * ems),
        icc1_k=ratio(bms - wms, bms),
        icc2_k=ratio(bms - ems, bms + (jms - ems) / n),
        icc3_k=ratio(bms - ems, bms),
        subjects=n,
        raters=k,
    )


@dataclass(frozen=True, slots=True)
class InterviewerEffect:
    """Correlation of answers that share an interviewer; `p_value` of the F test that there is none.

    `design_effect` = 1 + (m̄ − 1)·max(ρ, 0): by how much an interviewer's answers count less.
    """

    rho: float
    p_value: float
    design_effect: float
    interviewers: int
    answers: int


def interviewer_effect(values: ArrayLike, interviewers: ArrayLike) -> InterviewerEffect:
    """Random-intercept correlation of one question over interviewers, groups of unequal size.

    One-way analysis of variance: ρ = (MSB − MSW)/(MSB + (n₀ − 1)·MSW), n₀ = (N − Σn²/N)/(a − 1).
    Kish 1962 (JASA 57:92), Groves 1989. NaN answers are left out.

    Raises:
        ValueError: fewer than two interviewers with answers, or no interviewer with two.
    """
    y = as_vector(values, "values", allow_nan=True)
    who = np.asarray(interviewers)
    if who.shape != y.shape:
        raise ValueError(f"values has {y.size} entries, interviewers has {who.size}")
    y, who = y[~np.isnan(y)], who[~np.isnan(y)]
    _, code, sizes = np.unique(who, return_inverse=True, return_counts=True)
    groups, total = sizes.size, y.size
    if groups < 2 or total <= groups:
        raise ValueError("needs two interviewers at least, and more answers than interviewers")
    means = np.bincount(code, y) / sizes
    between = float(np.sum(sizes * (means - y.mean()) ** 2)) / (groups - 1)
    within = float(np.sum((y - means[code]) ** 2)) / (total - groups)
    size = (total - float(np.sum(sizes.astype(float) ** 2)) / total) / (groups - 1)
    whole = between + (size - 1) * within
    rho = (between - within) / whole if whole > 0 else float("nan")
    if within > 0:
        p = float(special.fdtrc(groups - 1, total - groups, between / within))
    else:
        p = 0.0 if between > 0 else float("nan")
    mean_size = total / groups
    return InterviewerEffect(rho, p, 1 + (mean_size - 1) * max(rho, 0.0), groups, total)

"""Every number the month's computation depends on, in one value that is stored with its result."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from typing import Any

SOURCES = ("phone", "shop", "callback", "inspection", "audit")
"""The five sources by the product's codes, in the order of every array that has a source axis."""
REFERENCE = "shop"

METHOD_VERSION = 3
"""Raised when the same parameters and counts would give other figures."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Defaults as docs/methods.md gives them; rates and shares are fractions, months are whole months.

    Hashable; `to_json` and `from_json` are inverse; `digest` names the set. A result is reproduced by its
    `digest`, its data cut and the `method_version`.
    """

    method_version: int = METHOD_VERSION
    target: float = 0.85
    window: int = 3
    interval: float = 0.90
    list_fdr: float = 0.10

    rho: tuple[float, ...] = (0.01, 0.01, 0.02, 0.02, 0.04)
    """Correlation of one dealer's answers within a window, per source."""
    grid_points: int = 97
    network_steps: int = 15
    """EM steps from uniform to the network's prior. Twice as many leave it so narrow that with a third of the
    answers P(below target) reads up to .11 too low."""
    em_steps: int = 5
    """EM steps of an item from the network's prior. From uniform, as many as keep the prior smooth leave it
    too wide where answers are few, and P(below target) reads too high."""
    smoothing: tuple[float, ...] = (0.1, 0.2, 0.4, 0.2, 0.1)
    pseudo_dealers: float = 60.0
    """Weight of the network's prior beside an item's own dealers."""

    calibration_groups: int = 20
    calibration_min_reference: float = 500
    category_min_reference: float = 200
    calibration_max_error: float = 0.15
    """Standard error of the slope above which a source is taken in its own scale. Measured: .03 where 120
    dealers are asked 18 months, .26 to 1.1 where sources hardly share cells; such a fit sends an observed
    75 % to 7 %."""
    slope_bounds: tuple[float, float] = (0.3, 1.5)

    stable_sources: tuple[int, ...] = (0, 2, 3, 4)
    """Positions of the sources that report every month; only they show a decline, each against its own
    past."""
    baseline_months: int = 6
    cusum_odds_ratio: float = 2.0
    cusum_rho: float = 0.02
    cusum_threshold: float = 4.5
    decline_recent: int = 3
    decline_before: int = 6
    decline_fdr: float = 0.10
    decline_min_drop: float = 0.03
    prior_min_dealers: int = 30

    effect_months: int = 3
    effect_wash_in: int = 2
    """Months from the plan's start that are left out: the month it starts and one more."""
    effect_skip_before: int = 1
    """Months before the start that are left out: the one whose figure triggered the plan."""
    effect_min_trials: float = 20
    effect_max_half_width: float = 0.20
    effect_confidence: float = 0.95
    control_band: float = 0.05
    control_min: int = 10
    on_target: float = 0.80
    """P(θ after >= target) from which a verdict carries the tag 达标."""

    conflict_z: float = 3.0
    conflict_gap: float = 0.20
    conflict_weight: float = 0.25
    conflict_min_dealers: int = 10
    """Fewer dealers measured by a source do not show how far dealers usually differ: no card then."""
    history_months: int = 24
    """How far calibration and declines look back, the month itself included."""
    warning_months: int = 3
    """An early warning stays beside the item for so many months, that of the alarm included."""
    management_weights: tuple[float, ...] = (0.40, 0.30, 0.10, 0.10, 0.10)

    acsi_weights: tuple[float, ...] = (1.0, 1.0, 1.0)
    """Of overall, expectation, ideal; headquarters freeze those that the answers suggest for a year."""

    importance_weight: float = 1.0
    """How far what customers weigh goes into the priority: 1 in full, 0 not at all."""
    importance_months: int = 12
    importance_min_respondents: int = 600
    importance_min_pairs: int = 100
    """Answers that every two questions must have in common."""

    def __post_init__(self) -> None:
        for name in ("target", "interval", "list_fdr", "decline_fdr", "effect_confidence"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {getattr(self, name)}")
        if len(self.acsi_weights) != 3 or sum(self.acsi_weights) <= 0 or min(self.acsi_weights) < 0:
            raise ValueError("acsi_weights needs three numbers, none below zero, not all zero")
        if not 0 <= self.importance_weight <= 1:
            raise ValueError(f"importance_weight must lie between 0 and 1, got {self.importance_weight}")
        whole = ("window", "baseline_months", "decline_recent", "decline_before", "effect_months")
        for name in (*whole, "importance_months"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if len(self.rho) != len(SOURCES) or len(self.management_weights) != len(SOURCES):
            raise ValueError(f"rho and management_weights need one number per source: {', '.join(SOURCES)}")

    def to_json(self) -> str:
        """All parameters with sorted keys and no spaces; the same set always gives the same text."""
        return json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Parameters:
        """The set a text stands for; parameters that are missing take their default.

        Raises:
            ValueError: not a JSON object, a name that is no parameter, or a value out of range.
        """
        raw: Any = json.loads(text)
        if not isinstance(raw, dict):
            raise ValueError("parameters must be a JSON object")
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in raw.items():
            if name not in known:
                raise ValueError(f"{name!r} is not a parameter")
            values[name] = tuple(value) if isinstance(value, list) else value
        return cls(**values)

    @property
    def digest(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of `to_json`."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]

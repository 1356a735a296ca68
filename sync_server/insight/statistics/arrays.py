"""What the statistics ask of their inputs, and the sentence said when it is not so.

Every check names the argument and the first offending position, so that a message reads on its own.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Value = TypeVar("Value", float, FloatArray)
"""A plain number, or an array of them: functions give back the kind they were given."""


def as_floats(values: ArrayLike, name: str, *, allow_nan: bool = False) -> FloatArray:
    """The values as float64 of any shape; ValueError when they are not numbers, are infinite or (unless
    allowed) NaN."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers") from error
    bad = np.isinf(array) if allow_nan else ~np.isfinite(array)
    if bad.any():
        where = "" if array.ndim == 0 else f" at position {tuple(int(i) for i in np.argwhere(bad)[0])}"
        raise ValueError(f"{name} contains {array[bad].flat[0]}{where}")
    return array


def as_vector(values: ArrayLike, name: str, *, allow_nan: bool = False, min_size: int = 0) -> FloatArray:
    """The values as one-dimensional float64; ValueError on another shape or on fewer than `min_size`
    values."""
    array = as_floats(values, name, allow_nan=allow_nan)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, got {array.ndim} dimensions")
    if array.size < min_size:
        raise ValueError(f"{name} needs at least {min_size} values, got {array.size}")
    return array


def as_matrix(values: ArrayLike, name: str, *, allow_nan: bool = False) -> FloatArray:
    """The values as two-dimensional float64; ValueError on another shape."""
    array = as_floats(values, name, allow_nan=allow_nan)
    if array.ndim != 2:
        raise ValueError(f"{name} must be two-dimensional, got {array.ndim} dimensions")
    return array


def as_counts(successes: ArrayLike, trials: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Successes and trials, broadcast together, with 0 <= successes <= trials.

    Fractions are allowed: effective counts of clustered answers are fractional.
    """
    k = as_floats(successes, "successes")
    n = as_floats(trials, "trials")
    try:
        k, n = np.broadcast_arrays(k, n)
    except ValueError as error:
        raise ValueError(f"successes {k.shape} and trials {n.shape} do not fit together") from error
    if (n < 0).any() or (k < 0).any():
        raise ValueError("successes and trials must not be negative")
    over = k > n * (1 + 1e-12)
    if over.any():
        first = int(np.flatnonzero(over.ravel())[0])
        raise ValueError(
            f"successes {k.ravel()[first]:g} exceed trials {n.ravel()[first]:g} at position {first}"
        )
    return np.minimum(k, n), n


def check_fraction(value: float, name: str) -> float:
    """A number strictly between 0 and 1 (confidence, rate of false discovery); ValueError otherwise."""
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} must lie between 0 and 1, got {value}")
    return float(value)

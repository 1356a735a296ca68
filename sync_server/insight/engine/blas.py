"""One BLAS thread while the figures are computed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController


@cache
def _pools() -> ThreadpoolController:
    # looking the libraries up takes milliseconds, so it is done once
    return ThreadpoolController()


@contextmanager
def single_thread() -> Generator[None]:
    """BLAS uses one thread inside this block, whenever it was loaded; nesting is harmless.

    The matrices here are small: threads of the library's own cost more than they bring (720,000 posteriors
    took 28 s with them and 1.1 s without), they fight with our own workers, and one thread adds up in one
    order, which keeps re-runs identical to the byte.
    """
    with _pools().limit(limits=1, user_api="blas"):
        yield

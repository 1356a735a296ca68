"""The small trend chart of a weak item: merged rate per month with its interval, and the target."""

from __future__ import annotations

import math
from collections.abc import Callable

from reportlab.platypus import Flowable

from sync_server.reports.canvas import ReportCanvas, canvas_of
from sync_server.reports.fonts import width_of
from sync_server.reports.look import ACCENT, BAD, FAINT, HAIRLINE, INK, MUTED, WIDTH, Style
from sync_server.reports.plan_report import Finding, Rate

_AXIS = Style(size=7, leading=9, colour=MUTED)
_VALUE = Style(size=8.2, leading=10, colour=INK, bold=True)
_HEIGHT = 128.0
_LEFT, _RIGHT, _BOTTOM, _TOP = 30.0, 74.0, 26.0, 12.0


class TrendChart(Flowable):
    """Months from left to right; a hollow point is a small sample, a gap a month with too few answers."""

    def __init__(self, finding: Finding, target_words: str) -> None:
        super().__init__()
        self.finding, self.target_words = finding, target_words
        self.width, self.height = WIDTH, _HEIGHT

    @staticmethod
    def worth_drawing(finding: Finding) -> bool:
        """Whether at least two months have a rate that may be printed."""
        return sum(1 for rate in finding.merged.rates if rate is not None and not rate.too_few) >= 2

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - reportlab's names
        """The fixed size."""
        return self.width, self.height

    def _floor(self) -> int:
        """Lower end of the scale: a multiple of ten below everything that is drawn."""
        low = [r.low if r.low is not None else r.rate for r in self.finding.merged.rates if r is not None]
        everything = [v for v in (*low, self.finding.target) if v is not None]
        return max(0, min(80, math.floor((min(everything) - 3) / 10) * 10))

    def _words(self) -> str:
        """What the picture shows, for those who hear it."""
        pairs = zip(self.finding.months, self._rates(), strict=True)
        said = (f"{month}: {'–' if r is None or r.too_few else f'{r.rate:.1f}%'}" for month, r in pairs)
        return "; ".join(said)

    def draw(self) -> None:
        """Draw scale, target, intervals, line and points."""
        canvas = canvas_of(self)
        with canvas.marked("Figure", words=self._words()):
            self._draw(canvas)

    def _draw(self, canvas: ReportCanvas) -> None:
        floor = self._floor()
        left, right, top = _LEFT, self.width - _RIGHT, self.height - _TOP

        def y_of(value: float) -> float:
            return _BOTTOM + (value - floor) / (100 - floor) * (top - _BOTTOM)

        canvas.saveState()
        canvas.setLineWidth(0.5)
        canvas.setStrokeColor(HAIRLINE)
        step = 10 if floor >= 50 else 20
        for value in range(100, floor - 1, -step):
            canvas.line(left, y_of(value), right, y_of(value))
            label = f"{value}%"
            canvas.line_of_text(left - 5 - width_of(label, _AXIS.size), y_of(value) - 2.5, label, _AXIS)
        if self.finding.target is not None:
            y = y_of(self.finding.target)
            canvas.setStrokeColor(BAD)
            canvas.setLineWidth(0.9)
            canvas.setDash(4, 3)
            canvas.line(left, y, right, y)
            canvas.setDash()
            canvas.line_of_text(right + 6, y - 2.8, self.target_words, _AXIS.but(colour=BAD))
        slot = (right - left) / max(len(self.finding.months), 1)
        places = [left + slot * (index + 0.5) for index in range(len(self.finding.months))]
        self._draw_rates(
            canvas, places, [y_of(r.rate) if r and r.rate is not None else 0.0 for r in self._rates()], y_of
        )
        for x, month, rate in zip(places, self.finding.months, self._rates(), strict=True):
            for offset, label in ((11, month), (21, f"n={rate.n:.1f}".removesuffix(".0") if rate else "n=0")):
                canvas.line_of_text(x - width_of(label, _AXIS.size) / 2, _BOTTOM - offset, label, _AXIS)
        canvas.restoreState()

    def _rates(self) -> list[Rate | None]:
        given = list(self.finding.merged.rates)
        return given + [None] * (len(self.finding.months) - len(given))

    def _draw_rates(
        self, canvas: ReportCanvas, places: list[float], heights: list[float], y_of: Callable[[float], float]
    ) -> None:
        previous: tuple[float, float] | None = None
        for x, y, rate in zip(places, heights, self._rates(), strict=True):
            if rate is None or rate.too_few:
                previous = None
                continue
            canvas.setStrokeColor(ACCENT)
            canvas.setLineWidth(1.4)
            if previous:
                canvas.line(*previous, x, y)
            previous = (x, y)
        for x, y, rate in zip(places, heights, self._rates(), strict=True):
            if rate is None or rate.too_few or rate.rate is None:
                continue
            canvas.setStrokeColor(FAINT)
            canvas.setLineWidth(1)
            if rate.low is not None and rate.high is not None:
                low, high = y_of(rate.low), y_of(rate.high)
                canvas.line(x, low, x, high)
                canvas.line(x - 4, low, x + 4, low)
                canvas.line(x - 4, high, x + 4, high)
            canvas.setStrokeColor(ACCENT)
            canvas.setFillColor("#FFFFFF" if rate.small else ACCENT)
            canvas.circle(x, y, 3, stroke=1, fill=1)
            label = f"{rate.rate:.1f}%"
            canvas.setFillColor("#FFFFFF")  # so that no line runs through the figure
            canvas.rect(x + 6, y + 2.2, width_of(label, _VALUE.size) + 2, 9, stroke=0, fill=1)
            canvas.line_of_text(x + 7, y + 4, label, _VALUE)

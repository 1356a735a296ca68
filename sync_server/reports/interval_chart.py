"""Rates with their intervals, one line each: what is ranked, and how little the places may mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.platypus import Flowable

from sync_server.reports.canvas import ReportCanvas, canvas_of
from sync_server.reports.fonts import break_lines, width_of
from sync_server.reports.look import ACCENT, HAIRLINE, INK, MUTED, WIDTH, Style

_LINE = 14.0
_AXIS = Style(size=7, leading=9, colour=MUTED)
_NAME = Style(size=8, leading=10, colour=INK)
_LEFT, _RIGHT, _TOP, _BOTTOM = 170.0, 92.0, 6.0, 16.0
PER_PAGE = 40
"""Lines of one chart: a longer list is drawn as several."""


@dataclass(frozen=True)
class Bar:
    """A line of the chart in percent; no rate: only its name stands there."""

    name: str
    rate: float | None
    low: float | None
    high: float | None
    note: str = ""


class IntervalChart(Flowable):
    """A dot for the rate, a bar for the interval; the scale begins at a multiple of ten below all of them."""

    def __init__(self, bars: Sequence[Bar], floor: int) -> None:
        super().__init__()
        self.bars, self.floor = list(bars), floor
        self.width, self.height = WIDTH, _TOP + _BOTTOM + _LINE * len(self.bars)

    @staticmethod
    def charts(bars: Sequence[Bar]) -> list[Flowable]:
        """As many charts as pages need, all on one scale."""
        lows = [bar.low for bar in bars if bar.low is not None]
        floor = max(0, min(80, int(min(lows, default=80) // 10) * 10))
        parts = [bars[at : at + PER_PAGE] for at in range(0, len(bars), PER_PAGE)]
        return [IntervalChart(part, floor) for part in parts]

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - reportlab's names
        """The fixed size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw scale, names, intervals and dots."""
        canvas = canvas_of(self)
        said = (f"{bar.name}: {'–' if bar.rate is None else f'{bar.rate:.1f}%'}" for bar in self.bars)
        with canvas.marked("Figure", words="; ".join(said)):
            self._draw(canvas)

    def _draw(self, canvas: ReportCanvas) -> None:
        left, right, top = _LEFT, self.width - _RIGHT, self.height - _TOP

        def x_of(value: float) -> float:
            return left + (max(value, self.floor) - self.floor) / (100 - self.floor) * (right - left)

        canvas.saveState()
        canvas.setLineWidth(0.5)
        canvas.setStrokeColor(HAIRLINE)
        for value in range(self.floor, 101, 10):
            canvas.line(x_of(value), _BOTTOM, x_of(value), top)
            label = f"{value}%"
            canvas.line_of_text(x_of(value) - width_of(label, _AXIS.size) / 2, 4, label, _AXIS)
        for place, bar in enumerate(self.bars):
            y = top - (place + 0.5) * _LINE
            name = break_lines(bar.name, _LEFT - 12, _NAME.size)
            canvas.line_of_text(0, y - 3, name[0] + ("…" if len(name) > 1 else ""), _NAME)
            if bar.rate is None or bar.low is None or bar.high is None:
                continue
            canvas.setStrokeColor(ACCENT)
            canvas.setLineWidth(1.2)
            canvas.line(x_of(bar.low), y, x_of(bar.high), y)
            canvas.setFillColor(ACCENT)
            canvas.circle(x_of(bar.rate), y, 2.6, stroke=0, fill=1)
            canvas.line_of_text(right + 8, y - 3, f"{bar.rate:.1f}%  {bar.note}".rstrip(), _AXIS)
        canvas.restoreState()

"""A funnel in print: everybody's rate by the number of answers, with the limits that chance allows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reportlab.lib.colors import Color
from reportlab.platypus import Flowable, Spacer

from shared_models.insight.wire_engine import Funnel, NetworkTable
from shared_models.insight.words import number_text
from sync_server.reports.canvas import ReportCanvas, canvas_of
from sync_server.reports.fonts import width_of
from sync_server.reports.grid import Row
from sync_server.reports.heading import section
from sync_server.reports.lexicon import Lexicon, cell, head, percent, stack
from sync_server.reports.look import (
    ACCENT,
    BAD,
    BODY,
    CELL,
    FAINT,
    HAIRLINE,
    MUTED,
    SECOND,
    WARN,
    WIDTH,
    Style,
)
from sync_server.reports.plan_cells import grid, right

_HEIGHT = 190.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 34.0, 10.0, 22.0, 18.0
_AXIS = Style(size=7, leading=9, colour=MUTED)
_NOTE = BODY.but(size=8.6, leading=12.5, after=4.0)
_ROUND = (1, 2, 5)
Line = Mapping[str, str | int | float | bool | None]
Point = tuple[float, float, bool]
"""Answers, rate in percent, whether it lies outside the limits."""


def funnel_story(found: NetworkTable, t: Lexicon) -> list[Flowable]:
    """Heading, what it says and cannot say, the picture, and those outside by name."""
    if found.funnel is None:
        return []
    outside = [row for row in found.rows if row.get("flagged")]
    said = t.say("insight.funnel.found", count=len(outside), whole=len(found.rows))
    story: list[Flowable] = [
        *section(t.say(f"insight.table.{found.name}.title"), f"funnel-{found.name}", room=_HEIGHT + 90),
        *stack(t.say(f"insight.table.{found.name}.says"), _NOTE, SECOND),
        *stack(t.say(f"insight.table.{found.name}.cannot"), _NOTE, SECOND),
    ]
    if found.funnel.dispersion > 1:
        factor = number_text(found.funnel.dispersion)
        story += stack(t.say("insight.funnel.dispersion", factor=factor), _NOTE, SECOND)
    story += [
        *stack(said, CELL.but(bold=True)),
        FunnelChart(found.funnel, found.rows, t),
        *stack(t.say("insight.funnel.axis"), _AXIS, _AXIS),
    ]
    if outside:
        story += [Spacer(0, 4), _names(found, outside, t)]
    return story


def _names(found: NetworkTable, outside: Sequence[Line], t: Lexicon) -> Flowable:
    names = [one for one in ("employee", "dealer") if one in found.columns]
    figures = ("n", "rate", "limit_low", "limit_high")
    heads = [
        *(head(t.say(f"insight.column.{one}")) for one in names),
        *(head(t.say(f"insight.column.{one}"), "right") for one in figures),
    ]
    rows: list[Row] = [
        [
            *(cell((str(row[one]),)) for one in names),
            right(number_text(_number(row.get("n")))),
            *(right(percent(_number(row.get(one)))) for one in figures[1:]),
        ]
        for row in outside
    ]
    return grid(heads, rows, (*(0.4 / len(names) for _ in names), *(0.15 for _ in figures)))


def _number(value: str | float | bool | None) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


class FunnelChart(Flowable):
    """Points in and out of the limits; solid limits are corrected for many comparisons, dashed ones hold for
    one alone."""

    def __init__(self, funnel: Funnel, rows: Sequence[Line], t: Lexicon) -> None:
        super().__init__()
        self.funnel, self.t = funnel, t
        self.points: list[Point] = [
            (_number(row["n"]), _number(row["rate"]), bool(row.get("flagged")))
            for row in rows
            if row.get("n") and row.get("rate") is not None
        ]
        self.width, self.height = WIDTH, _HEIGHT
        ends = [one.low for one in funnel.limits[1:]], [one.high for one in funnel.limits]
        rates = [funnel.centre, *(rate for _, rate, _ in self.points)]
        self.floor = max(0, int((min(rates + ends[0]) - 2) // 10) * 10)
        self.top = min(100.0, max(rates + ends[1]) + 2)
        self.most = max([float(one.n) for one in funnel.limits] + [n for n, _, _ in self.points]) * 1.04

    def wrap(self, aW: float, aH: float) -> tuple[float, float]:  # noqa: N803 - reportlab's names
        """The fixed size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw legend, scales, limits and points."""
        canvas = canvas_of(self)
        outside = sum(out for _, _, out in self.points)
        said = self.t.line("insight.funnel.found", count=outside, whole=len(self.points))
        with canvas.marked("Figure", words=said):
            canvas.saveState()
            self._legend(canvas)
            self._scales(canvas)
            self._limits(canvas)
            self._points(canvas)
            canvas.restoreState()

    def _x(self, n: float) -> float:
        return _LEFT + n / self.most * (self.width - _LEFT - _RIGHT)

    def _y(self, rate: float) -> float:
        inside = min(max(rate, self.floor), self.top)
        return _BOTTOM + (inside - self.floor) / (self.top - self.floor) * (self.height - _TOP - _BOTTOM)

    def _legend(self, canvas: ReportCanvas) -> None:
        x, y = _LEFT, self.height - 10
        kinds = (("inside", ACCENT), ("outside", BAD), ("limits", WARN), ("alone", FAINT))
        for name, colour in kinds:
            words = self.t.say(f"insight.funnel.{name}")[0]
            canvas.setFillColor(colour)
            canvas.rect(x, y, 12, 4, stroke=0, fill=1)
            canvas.line_of_text(x + 16, y - 1, words, _AXIS)
            x += 16 + width_of(words, _AXIS.size) + 16

    def _scales(self, canvas: ReportCanvas) -> None:
        canvas.setLineWidth(0.5)
        canvas.setStrokeColor(HAIRLINE)
        step = _step(self.top - self.floor, 6)
        for value in range(self.floor, int(self.top) + 1, step):
            y, label = self._y(value), f"{value}%"
            canvas.line(_LEFT, y, self.width - _RIGHT, y)
            canvas.line_of_text(_LEFT - 5 - width_of(label, _AXIS.size), y - 2.5, label, _AXIS)
        for value in range(0, int(self.most) + 1, _step(self.most, 9)):
            label = str(value)
            canvas.line_of_text(self._x(value) - width_of(label, _AXIS.size) / 2, 6, label, _AXIS)

    def _limits(self, canvas: ReportCanvas) -> None:
        def line(name: str, colour: Color, dashes: tuple[float, ...]) -> None:
            canvas.setStrokeColor(colour)
            canvas.setDash(*dashes)
            path = canvas.beginPath()
            for place, one in enumerate(self.funnel.limits):
                at = self._x(one.n), self._y(getattr(one, name))
                (path.lineTo if place else path.moveTo)(*at)
            canvas.drawPath(path)

        canvas.setLineWidth(0.9)
        for name in ("low95", "high95"):
            line(name, FAINT, (2, 2.5))
        for name in ("low", "high"):
            line(name, WARN, ())
        canvas.setDash()
        canvas.setStrokeColor(MUTED)
        centre = self._y(self.funnel.centre)
        canvas.line(_LEFT, centre, self.width - _RIGHT, centre)

    def _points(self, canvas: ReportCanvas) -> None:
        for n, rate, outside in sorted(self.points, key=lambda one: one[2]):
            canvas.setFillColor(BAD if outside else ACCENT)
            canvas.circle(self._x(n), self._y(rate), 3.2 if outside else 2.0, stroke=0, fill=1)


def _step(span: float, parts: int) -> int:
    """A round number, at most so many of which fit along an axis."""
    size = 1
    while True:
        for one in _ROUND:
            if span / (one * size) <= parts:
                return one * size
        size *= 10

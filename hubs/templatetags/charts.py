"""Small charts, drawn as SVG on the server: a sentence for a screen reader, and the same numbers as a table below."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import template

register = template.Library()
WIDTH, HEIGHT = 600, 100  # units of the drawing, which is stretched to the width of its panel
AT_LEAST = timedelta(days=90)  # a course without changes is drawn for so long


@dataclass(frozen=True)
class Step:
    """From this day on it is so much. `text` is the value in words."""

    day: date
    value: float
    text: str


@dataclass(frozen=True)
class Course:
    """What is promised from today on: steps in order of days, the first today, and the limit."""

    name: str
    label: str
    steps: Sequence[Step]
    limit: float
    limit_text: str

    @property
    def peak(self) -> Step:
        return max(self.steps, key=lambda step: step.value)

    @property
    def last(self) -> date:
        """The day with which the drawing ends: some time after the last change."""
        first, final = self.steps[0].day, self.steps[-1].day
        return max(final + (final - first) / 10, first + AT_LEAST)


@dataclass(frozen=True)
class Slice:
    """A part of a whole, with its name. `kind` is its CSS class: strong, middle or weak."""

    label: str
    count: int
    kind: str


@register.inclusion_tag("components/chart_course.html")
def course_chart(course: Course) -> dict[str, Any]:
    """A line in steps below a limit: `{% course_chart course %}`."""
    first, days = course.steps[0].day, max((course.last - course.steps[0].day).days, 1)
    top = max(course.limit, course.peak.value) * 1.08 or 1
    points = [
        (round(WIDTH * (step.day - first).days / days, 1), round(HEIGHT * (1 - step.value / top), 1))
        for step in course.steps
    ]
    line = f"M{points[0][0]} {points[0][1]}" + "".join(f"H{x}V{y}" for x, y in points[1:]) + f"H{WIDTH}"
    return {
        "course": course,
        "line": line,
        "area": f"{line}V{HEIGHT}H0Z",
        "limit_y": round(HEIGHT * (1 - course.limit / top), 1),
        "over": course.peak.value > course.limit,
        "height": HEIGHT,
        "width": WIDTH,
    }


@register.inclusion_tag("components/chart_slices.html")
def slices_chart(label: str, slices: Sequence[Slice]) -> dict[str, Any]:
    """One bar with its parts beside each other: `{% slices_chart "People working now" slices %}`."""
    total, at, drawn = sum(one.count for one in slices), 0.0, []
    for one in slices:
        width = round(WIDTH * one.count / total, 1) if total else 0
        drawn.append({"slice": one, "x": round(at, 1), "width": width})
        at += width
    return {"label": label, "drawn": drawn, "total": total, "width": WIDTH}

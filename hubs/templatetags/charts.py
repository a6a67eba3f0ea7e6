"""Small charts, drawn as SVG on the server: a sentence for a screen reader, and the same numbers as a table below."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import template
from django.utils.formats import date_format

from hubs.looks import Course, Slice

register = template.Library()
TICKS, ROOM = 4, 16  # most months below a drawing; percent of its width that a value takes
WIDTH, HEIGHT = 600, 100  # units of the drawing, which is stretched to the width of its panel


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
        "months": _months(course.steps[0].day, days),
        "marks": _marks(course, points),
        "line": line,
        "area": f"{line}V{HEIGHT}H0Z",
        "limit_y": f"{HEIGHT * (1 - course.limit / top):.1f}",  # text, as in SVG: not in the reader's digits
        "over": course.peak.value > course.limit,
        "height": HEIGHT,
        "width": WIDTH,
    }


def _months(first: date, days: int) -> list[dict[str, str]]:
    """Return the names of the months that begin in these days, at most TICKS, and where they begin in percent."""
    starts, month = [], first.replace(day=1)
    while (month := (month + timedelta(days=32)).replace(day=1)) <= first + timedelta(days=days):
        starts.append(month)
    every = -(-len(starts) // TICKS) or 1
    return [
        {
            "name": date_format(start, "M Y" if start.month == 1 else "M"),
            "at": f"{100 * (start - first).days / days:.1f}",
        }
        for start in starts[::every]
        if (start - first).days < 0.9 * days  # its name would not fit
    ]


def _marks(course: Course, points: list[tuple[float, float]]) -> list[dict[str, str]]:
    """Return the values that are written into the drawing: of each step that is wide enough."""
    ends = [x for x, _y in points[1:]] + [float(WIDTH)]
    return [
        {"text": step.text, "at": f"{100 * x / WIDTH:.1f}", "y": f"{y + 14 if y < HEIGHT / 4 else y - 8:.0f}"}
        for step, (x, y), end in zip(course.steps, points, ends, strict=True) if 100 * (end - x) / WIDTH >= ROOM
    ]  # fmt: skip


@register.inclusion_tag("components/chart_slices.html")
def slices_chart(label: str, slices: Sequence[Slice]) -> dict[str, Any]:
    """One bar with its parts beside each other: `{% slices_chart "People working now" slices %}`."""
    total, at, drawn = sum(one.count for one in slices), 0.0, []
    for one in slices:
        width = round(WIDTH * one.count / total, 1) if total else 0
        drawn.append({"slice": one, "x": f"{at:.1f}", "width": f"{width:.1f}"})
        at += width
    return {"label": label, "drawn": drawn, "total": total, "width": WIDTH}

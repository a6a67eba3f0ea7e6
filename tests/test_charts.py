"""Charts drawn on the server: the drawing, its sentence for screen readers, and the same numbers as a table."""

import re
from datetime import date, timedelta

import pytest
from django.template import engines

from hubs.hub.queries import presenters
from hubs.looks import AT_LEAST, Course, Slice, Step
from hubs.spec.fields import FIELDS, STEPS
from hubs.spec.headings import HEADINGS, grouped

TODAY = date(2027, 2, 1)


def drawn(tag: str, **values) -> str:
    return re.sub(r"\s+", " ", engines["django"].from_string(tag).render(values))


def course(*steps: tuple[int, float], limit: float = 10) -> str:
    found = [Step(TODAY + timedelta(days), value, f"{value:g} GiB") for days, value in steps]
    return drawn("{% course_chart course %}", course=Course("memory", "Memory", found, limit, f"{limit:g} GiB"))


def test_a_chart_names_today_the_maximum_and_the_limit():
    page = course((0, 2), (30, 8), (60, 4))
    assert 'role="img"' in page
    assert "2 GiB today" in page
    assert "8 GiB" in re.search(r'aria-label="([^"]+)"', page).group(1)
    assert "10 GiB" in re.search(r'aria-label="([^"]+)"', page).group(1)
    assert 'class="chart"' in page
    assert page.count("<tr>") == 4, "a head and three steps"


def test_a_course_names_its_months_and_the_values_of_its_steps():
    page = course((0, 2), (30, 8), (60, 4))
    months = re.search(r'class="chart-months".*?</svg>', page).group(0)
    assert re.findall(r">(\w+)</text>", months) == ["Mar", "Apr"]
    words = re.search(r'class="chart-words".*?</svg>', page).group(0)
    assert re.findall(r">([^<]+)</text>", words) == ["2 GiB", "8 GiB", "4 GiB"]
    crowded = course(*((day, day) for day in range(60)))
    assert len(re.findall("<text", re.search(r'class="chart-words".*?</svg>', crowded).group(0))) <= 7


def test_a_course_above_its_limit_is_drawn_so():
    assert "over" in course((0, 2), (30, 12))
    assert "over" not in course((0, 10))


@pytest.mark.parametrize("steps", [((0, 0),), ((0, 5),), ((0, 0), (1, 3), (400, 0))])
def test_a_line_stays_inside_its_drawing(steps):
    page = course(*steps, limit=0 if steps == ((0, 0),) else 10)
    line = re.search(r'class="line" d="([^"]+)"', page).group(1)
    numbers = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?", line)]
    assert all(0 <= number <= 600 for number in numbers)
    assert line.startswith("M0")
    assert line.endswith("H600")


def test_a_chart_without_changes_covers_some_time():
    assert Course("a", "A", [Step(TODAY, 1, "1")], 2, "2").last == TODAY + AT_LEAST
    ends = Course("a", "A", [Step(TODAY, 1, "1"), Step(TODAY + timedelta(200), 1, "1")], 2, "2").last
    assert ends == TODAY + timedelta(220)


def test_slices_fill_their_bar_and_name_their_numbers():
    parts = [Slice("Active", 11, "strong"), Slice("Paused", 2, "middle"), Slice("Idle", 5, "weak")]
    page = drawn('{% slices_chart "People" parts %}', parts=parts)
    assert sum(
        float(one) for one in re.findall(r'<rect class="(?:strong|middle|weak)" [^>]*width="([\d.]+)"', page)
    ) == (pytest.approx(600, abs=0.3))
    for one in parts:
        assert f"{one.label} <strong>{one.count}</strong>" in page


def test_no_slices_divide_nothing_by_nothing():
    assert "NaN" not in drawn('{% slices_chart "People" parts %}', parts=[Slice("Active", 0, "strong")])


@pytest.mark.django_db
def test_people_are_counted_by_when_they_were_last_active(ready_hub):
    now = ready_hub.created_at
    ages = [1, 9, 11, 59, 61, 600]
    ready_hub.servers = [
        {"user": str(age), "last_activity": (now - timedelta(minutes=age)).isoformat()} for age in ages
    ]
    ready_hub.servers += [{"user": "new", "last_activity": None}, {"user": "odd", "last_activity": "never"}]
    assert [one.count for one in presenters.working(ready_hub, now)] == [2, 2, 2]
    bare = f"{now - timedelta(minutes=700):%Y-%m-%dT%H:%M:%S}"  # without a time zone
    ready_hub.servers += [{"user": "bare", "last_activity": bare}]
    assert [one.count for one in presenters.working(ready_hub, now)] == [2, 2, 3]
    ready_hub.servers = None
    assert presenters.working(ready_hub, now) == []


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_every_advanced_field_has_one_heading(step):
    paths = [path for path, field in FIELDS.items() if field.words.step == step.name and field.words.advanced]
    found = grouped(step.name, paths)
    assert sorted(path for _, below in found for path in below) == sorted(paths)
    assert all(heading for heading, _ in found), "say in hubs/spec/headings.py where a new field belongs"
    assert [heading for heading, _ in found] == [name for name, _ in HEADINGS.get(step.name, ())], (
        "a heading without fields"
    )

"""Validation of a hub's first and last day, relative to the day of the request. Pure."""

from datetime import date

from hubs.language import _, calendar_day
from hubs.spec.hub import About

YEARS = 5  # maximum distance from today
STARTS, ENDS = "about.starts", "about.ends"


def years_away(day: date, years: int) -> date:
    """Return the same day some years later; 28 February if there is no 29th.

    >>> years_away(date(2028, 2, 29), 5), years_away(date(2027, 1, 31), -5)
    (datetime.date(2033, 2, 28), datetime.date(2022, 1, 31))
    """
    year = min(max(day.year + years, date.min.year), date.max.year)
    try:
        return day.replace(year=year)
    except ValueError:
        return day.replace(year=year, day=28)


def farthest(today: date) -> date:
    """Return the latest day that can be chosen."""
    return years_away(today, YEARS)


def _last_day(ends: date, today: date) -> str:
    if ends < today:
        return _("This day is in the past. Choose today or a later day.")
    return too_far(today) if ends > farthest(today) else ""


def too_far(today: date) -> str:
    """Return the error for a day that is too far away."""
    last = calendar_day(farthest(today))
    return _("Choose a day within {years} years, no later than {day}.", years=YEARS, day=last)


def _first_day(starts: date, today: date) -> str:
    if starts < years_away(today, -YEARS):
        return _("Choose a day no more than {years} years ago.", years=YEARS)
    return too_far(today) if starts > farthest(today) else ""


def wrong(asked: About, today: date, before: About | None = None) -> dict[str, str]:
    """Return errors of these days by path. A day that the hub already has (`before`) is not checked: a hub whose last
    day is over can still be changed."""
    found = {}
    if asked.starts and not (before and before.starts == asked.starts):
        found[STARTS] = _first_day(asked.starts, today)
    if asked.ends and not (before and before.ends == asked.ends):
        found[ENDS] = _last_day(asked.ends, today)
    return {path: sentence for path, sentence in found.items() if sentence}

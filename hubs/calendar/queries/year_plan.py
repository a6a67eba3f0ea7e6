"""Bars of hubs on a timeline of months, in percent of its width. Pure: no query."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format

from hubs.models import Hub

MONTHS = 6  # a term and its edges
STEP = 3  # months that "Earlier" and "Later" move
FIRST_YEAR, LAST_YEAR = 2000, 2200


def shifted(month: date, months: int) -> date:
    """Return the first day of the month that is so many months away.

    >>> shifted(date(2026, 11, 1), 3), shifted(date(2026, 2, 1), -3)
    (datetime.date(2027, 2, 1), datetime.date(2025, 11, 1))
    """
    count = month.year * 12 + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


@dataclass(frozen=True)
class Month:
    name: str
    at: float


@dataclass(frozen=True)
class Bar:
    """Bar of a hub. `open_start` and `open_end`: it continues beyond the shown months."""

    at: float
    width: float
    open_start: bool
    open_end: bool


@dataclass(frozen=True)
class Window:
    """The shown period: MONTHS whole months."""

    first: date

    @classmethod
    def asked(cls, text: str, now: date) -> "Window":
        """Return the window of ?from=2026-09; from last month if the value is invalid."""
        usual = cls(shifted(now.replace(day=1), -1))
        year, _, month = text.partition("-")
        if not (year.isascii() and year.isdigit() and month.isascii() and month.isdigit() and len(text) <= 7):
            return usual
        if not (FIRST_YEAR <= int(year) <= LAST_YEAR and 1 <= int(month) <= 12):
            return usual
        return cls(date(int(year), int(month), 1))

    @property
    def last(self) -> date:
        return shifted(self.first, MONTHS) - timedelta(days=1)

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def earlier(self) -> str:
        return f"{shifted(self.first, -STEP):%Y-%m}"

    @property
    def later(self) -> str:
        return f"{shifted(self.first, STEP):%Y-%m}"

    def at(self, day: date) -> float:
        """Return where a day begins, in percent of the width."""
        return round(100 * (day - self.first).days / self.days, 2)

    def today(self, now: date) -> float | None:
        """Return the middle of today in percent; None if it is not shown."""
        if not self.first <= now <= self.last:
            return None
        return round(self.at(now) + 50 / self.days, 2)

    @property
    def months(self) -> list[Month]:
        starts = [shifted(self.first, count) for count in range(MONTHS)]
        return [Month(date_format(start, "M Y" if start.month == 1 or n == 0 else "M"), self.at(start))
                for n, start in enumerate(starts)]  # fmt: skip

    def bar(self, hub: Hub) -> Bar | None:
        """Return the bar of a hub; None if it has no day in these months."""
        last = hub.ends_on or self.last
        first = hub.starts_on or min(hub.created_at.date(), last)
        if last < self.first or first > self.last or last < first:
            return None
        left, right = max(first, self.first), min(last, self.last)
        width = round(100 * ((right - left).days + 1) / self.days, 2)
        return Bar(self.at(left), width, first < self.first, last > self.last or not hub.ends_on)

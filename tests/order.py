"""In which order tests run: quick ones first, then the real ones, and of those the longest first, so that several
workers end at the same time. How long a file takes is what it took the last time; before that it is guessed."""

import os
from collections import defaultdict

import pytest

# Tests that start the portal's processes, hubs, an API server, a browser, a cluster; and the seconds of one, guessed.
REAL = {"processes": 5.0, "local": 10.0, "kubernetes": 4.0, "browser": 15.0, "cluster": 60.0}
QUICK = 0.1  # seconds
KEPT = "portal/seconds"  # of each file, in pytest's cache


def guess(item: pytest.Item) -> float:
    """Seconds: what its own mark says, or what is usual for its kind."""
    marks = {name: item.get_closest_marker(name) for name in REAL}
    return max((mark.kwargs.get("seconds", REAL[name]) for name, mark in marks.items() if mark), default=QUICK)


def file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A small mistake shows within a minute. With SECOND_TRY=1, as in CI, real ones may try once more: a deadline
    missed on a busy machine is no broken product. The report names who needed it."""
    guessed: dict[str, float] = defaultdict(float)
    real: set[str] = set()
    for item in items:
        seconds = guess(item)
        guessed[file_of(item.nodeid)] += seconds
        if seconds > QUICK:
            real.add(file_of(item.nodeid))
            if os.environ.get("SECOND_TRY") == "1":
                item.add_marker(pytest.mark.flaky(reruns=1))
    cache = getattr(config, "cache", None)
    known = guessed | (cache.get(KEPT, {}) if cache else {})
    items.sort(key=lambda item: (file_of(item.nodeid) in real, -known[file_of(item.nodeid)], file_of(item.nodeid)))


class Clock:
    """Adds up what each file takes, and keeps it after a run of several workers: those are whole runs."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.taken: dict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.taken[file_of(report.nodeid)] += report.duration

    def pytest_sessionfinish(self) -> None:
        cache = getattr(self.config, "cache", None)
        if cache and self.config.getoption("numprocesses", None) and not self.config.getoption("keyword"):
            cache.set(KEPT, cache.get(KEPT, {}) | self.taken)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the one that hears of all
        config.pluginmanager.register(Clock(config))

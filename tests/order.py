"""In which order tests run: quick ones first, then the real ones, and of those the longest first, so that several
workers end at the same time. How long a file takes is what it took the last time; before that, what LONG says, or a
guess."""

import os
from collections import defaultdict

import pytest

# Tests that start the portal's processes, hubs, an API server, a browser, a cluster; and the seconds of one, guessed.
REAL = {"processes": 0.5, "local": 4.0, "kubernetes": 1.0, "browser": 8.0, "cluster": 60.0}
QUICK = 0.1  # seconds
# Seconds that the longest files take, for a clone that has not run them yet. A run names its slowest tests at its end.
LONG = {
    "tests/browser/test_clusters.py": 60,
    "tests/browser/test_journey.py": 60,
    "tests/browser/test_main_job.py": 100,
    "tests/browser/test_pages.py": 250,
    "tests/kubernetes/test_effects.py": 110,
    "tests/kubernetes/test_faults.py": 200,
    "tests/kubernetes/test_hub_configuration.py": 190,
    "tests/kubernetes/test_hub_rotation.py": 60,
    "tests/kubernetes/test_image_pull.py": 50,
    "tests/project/test_cli_job.py": 60,
    "tests/project/test_nursery.py": 50,
    "tests/project/test_postgresql.py": 300,
    "tests/project/test_run.py": 100,
    "tests/runtimes/test_contract.py": 80,
    "tests/runtimes/test_local_people.py": 150,
    "tests/runtimes/test_local_rotation.py": 100,
    "tests/stack/test_api_fuzz.py": 150,
    "tests/stack/test_front_door.py": 60,
    "tests/stack/test_user_limits.py": 150,
    "tests/stack/test_worker.py": 120,
}
KEPT = "portal/seconds"  # of each file, in pytest's cache


def guess(item: pytest.Item) -> float:
    """Seconds: what is usual for its kind."""
    return max((seconds for name, seconds in REAL.items() if item.get_closest_marker(name)), default=QUICK)


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
    known = guessed | LONG | (cache.get(KEPT, {}) if cache else {})
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

"""The order in which tests run: quick ones first, then the slow ones, and of those the longest first, so that several
workers end at the same time. A file's time is what it took in the last run; before that, its value in LONG, or a
guess."""

import os
from collections import defaultdict

import pytest

# Tests that start the portal's processes, hubs, an API server, a browser or a cluster; and a guess of seconds each.
REAL = {"processes": 0.5, "local": 4.0, "kubernetes": 1.0, "browser": 8.0, "cluster": 60.0}
QUICK = 0.1  # seconds
# Seconds that the longest files take, for a clone that has not run them yet. Each run ends with its slowest tests.
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
KEPT = "portal/seconds"  # seconds of each file, in pytest's cache


def guess(item: pytest.Item) -> float:
    """Return the seconds that are usual for this kind of test."""
    return max((seconds for name, seconds in REAL.items() if item.get_closest_marker(name)), default=QUICK)


def file_of(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run quick tests first, so that a small mistake shows within a minute. With SECOND_TRY=1, as in CI, slow tests may
    run a second time, because a busy machine can miss a deadline. The report names them."""
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
    """Adds up what each file takes, and stores it after a run with several workers: those are complete runs."""

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
    if not hasattr(config, "workerinput"):  # the controller, which receives all reports
        config.pluginmanager.register(Clock(config))

"""Reconcile many hubs in turn with several workers, so that no worker waits for a hub's pods or namespace."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connections

LANES = 3
Job = Iterator[Callable[[], bool]]  # yields a condition that must be true before it goes on


def _lane(jobs: list[Job], deadline: float, errors: list[BaseException], pause: threading.Event) -> None:
    waiting: list[tuple[Job, Callable[[], bool]]] = [(job, lambda: True) for job in jobs]
    try:
        while waiting and not errors:
            assert time.monotonic() < deadline, f"{len(waiting)} hubs do not converge"
            moved = False
            for entry in list(waiting):
                job, ready = entry
                if not ready():
                    continue
                moved = True
                waiting.remove(entry)
                following = next(job, None)
                if following is not None:
                    waiting.append((job, following))
            if not moved:
                pause.wait(0.02)
    except BaseException as error:
        errors.append(error)
    finally:
        connections.close_all()


def run(jobs: Sequence[Job], seconds: float) -> None:
    """Run all jobs to their ends; raise the first error of any."""
    errors: list[BaseException] = []
    deadline, pause = time.monotonic() + seconds, threading.Event()
    threads: list[Any] = [
        threading.Thread(target=_lane, args=(list(jobs[lane::LANES]), deadline, errors, pause)) for lane in range(LANES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]

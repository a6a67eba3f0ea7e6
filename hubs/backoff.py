from datetime import timedelta
from typing import TypeVar

Wait = TypeVar("Wait", int, timedelta)


def backoff(failures: int, first: Wait, longest: Wait) -> Wait:
    """Return how long to wait before the next attempt: `first` after one failure, doubled after each further one, at
    most `longest`. An int is in seconds."""
    return min(first * 2 ** min(max(failures - 1, 0), 20), longest)

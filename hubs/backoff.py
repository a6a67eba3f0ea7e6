from datetime import timedelta
from typing import TypeVar

Wait = TypeVar("Wait", int, timedelta)


def backoff(failures: int, first: Wait, longest: Wait) -> Wait:
    """How long to wait before the next try: `first` after one failure, twice as long after each other one, at most
    `longest`. An int counts seconds."""
    return min(first * 2 ** min(max(failures - 1, 0), 20), longest)

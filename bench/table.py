"""Tables of results on the terminal, with details of the machine."""

import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def share(values: Sequence[float], part: float) -> float:
    """Return the quantile `part` (0 to 1): with 0.99, one page in a hundred is slower."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: the first column is left-aligned, the others right-aligned."""
    now = datetime.now(UTC)
    print(f"\n{title}  ({now:%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()})\n")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        cells = [
            cell.ljust(w) if n == 0 else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "   ".join(cells).rstrip())
    print()

"""Figures on the terminal, and the machine they came from."""

import os
import platform
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def share(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of the values lie: 0.99 is what one page in a hundred is slower than."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell: the first to the left, numbers to the right."""
    now = datetime.now(UTC)
    print(f"\n{title}  ({now:%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()})\n")
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        cells = [
            cell.ljust(w) if n == 0 else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        ]
        print("  " + "   ".join(cells).rstrip())
    print()

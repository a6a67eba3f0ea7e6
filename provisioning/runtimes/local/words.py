"""The log files of a hub on one machine."""

from collections.abc import Iterable
from pathlib import Path

from provisioning.runtimes.words import redact, telling

TAIL = 64 * 1024  # bytes


def tail(log: Path, start: int = 0) -> list[str]:
    """Return the last lines of a log, from byte `start` on; [] if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(start, file.tell() - TAIL))
            return file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []


def last_words(log: Path, secrets: Iterable[str], start: int = 0) -> str:
    """Return the last meaningful line since byte `start`, without secrets; "" if there is none."""
    return redact(telling(tail(log, start)), secrets)


def rotate(log: Path, largest: int = 5 * 1024 * 1024) -> None:
    """Rotate a log that is larger than `largest` bytes. One old log is kept."""
    if log.exists() and log.stat().st_size > largest:
        log.replace(log.with_name(f"{log.name}.1"))

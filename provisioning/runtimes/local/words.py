"""What a hub's log says, for people: its last meaningful line, without secrets."""

import re
from collections.abc import Iterable
from pathlib import Path

TAIL = 64 * 1024  # bytes
LONGEST = 300  # characters
_TELLING = re.compile(r"^\[[EC] |Error\b|Exception\b|error:", re.IGNORECASE)
_ROUTINE = re.compile(r"^\[[ID] ")
_PREFIX = re.compile(r"^\[[A-Z] [^\]]*\]\s*")
_SECRET_LIKE = re.compile(r"\b[0-9A-Fa-f]{24,}\b|(?<=token )\S+|(?<=token=)[^&\s]+|(?<=code=)[^&\s]+")


def redact(text: str, secrets: Iterable[str]) -> str:
    """Without any of these secrets, and without what looks like one."""
    for secret in secrets:
        if len(secret) >= 8:
            text = text.replace(secret, "…")
    return _SECRET_LIKE.sub("…", text)


def last_words(log: Path, secrets: Iterable[str], start: int = 0) -> str:
    """The last line that tells of an error, else the last line unless it is routine; "" when nothing tells.

    What was written before byte `start` does not count.
    """
    try:
        with log.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(start, file.tell() - TAIL))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    lines = [line.strip() for line in lines if line.strip()]
    if not lines:
        return ""
    last = "" if _ROUTINE.match(lines[-1]) else lines[-1]  # an access log explains nothing to anybody
    line = next((line for line in reversed(lines) if _TELLING.search(line)), last)
    return redact(_PREFIX.sub("", line), secrets)[:LONGEST]


def rotate(log: Path, largest: int = 5 * 1024 * 1024) -> None:
    """Put a log aside that has grown over `largest` bytes. One old one is kept."""
    if log.exists() and log.stat().st_size > largest:
        log.replace(log.with_name(f"{log.name}.1"))

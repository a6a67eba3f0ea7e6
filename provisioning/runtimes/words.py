"""The last meaningful line of a hub's log, without secrets. Pure."""

import re
from collections.abc import Iterable, Sequence

LONGEST = 300  # characters
_TELLING = re.compile(r"^\[[EC] |Error\b|Exception\b|error:", re.IGNORECASE)
_ROUTINE = re.compile(r"^\[[ID] ")
_PREFIX = re.compile(r"^\[[A-Z] [^\]]*\]\s*")
_SECRET_LIKE = re.compile(r"\b[0-9A-Fa-f]{24,}\b|(?<=token )\S+|(?<=token=)[^&\s]+|(?<=code=)[^&\s]+")
# What the portal and the idle culler ask the hub again and again, as its log has it. Failures are not routine.
_POLLING = re.compile(r"^\[I .*\] 200 GET \S*/hub/api/(?:users\?\S*)? \((?:portal-\w+|jupyterhub-idle-culler)@")


def without_polling(lines: Iterable[str]) -> list[str]:
    """Return the lines without the portal's own routine requests, which would crowd out everything else."""
    return [line for line in lines if not _POLLING.match(line)]


def redact(text: str, secrets: Iterable[str]) -> str:
    """Return the text without these secrets and without strings that look like secrets."""
    for secret in secrets:
        if len(secret) >= 8:
            text = text.replace(secret, "…")
    return _SECRET_LIKE.sub("…", text)


def telling(lines: Sequence[str]) -> str:
    """Return the last line about an error, otherwise the last line unless it is routine; "" if there is none."""
    lines = [line.strip() for line in lines if line.strip()]
    if not lines:
        return ""
    last = "" if _ROUTINE.match(lines[-1]) else lines[-1]  # an access log explains nothing
    line = next((line for line in reversed(lines) if _TELLING.search(line)), last)
    return _PREFIX.sub("", line)[:LONGEST]

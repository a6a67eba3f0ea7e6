"""Checks and findings of the doctor."""

import logging
import platform
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import django
from django.db import DatabaseError

from hubs import VERSION
from portal.telemetry.logs import mask

log = logging.getLogger(__name__)
Result = Literal["ok", "note", "mend"]


@dataclass(frozen=True)
class Finding:
    """What one check found. "note" is information that needs no action; "mend" is a problem, with what to do."""

    name: str
    result: Result
    message: str


Question = Callable[[], Iterable[Finding]]


def ask(name: str, question: Question) -> list[Finding]:
    """Run one check. Never raises: an exception becomes a finding. No message contains a secret."""
    try:
        found = list(question())
    except DatabaseError:
        found = [Finding(name, "note", "This can be checked once the database problem is fixed.")]
    except Exception as error:
        log.debug("doctor: %s", name, exc_info=True)
        found = [Finding(name, "mend", f"This could not be checked: {type(error).__name__}: {error}")]
    return [Finding(one.name, one.result, mask(one.message)) for one in found]


def examine(clusters: bool = True) -> list[Finding]:
    """Run all checks, the most basic first. `clusters`: also check the clusters, which takes up to 15 s each."""
    from portal.doctor import place, services

    questions: dict[str, Question] = {
        "Settings": place.settings_agree,
        "Address": place.address,
        "Folder": place.folder,
        "Static files": place.static_files,
        "Database": services.database,
        "Keys": services.keys,
        "Redis": services.broker,
        "Workers": services.workers,
        "Mail": services.mail,
    }
    if clusters:
        questions["Clusters"] = services.clusters
    return [finding for name, question in questions.items() for finding in ask(name, question)]


def versions() -> dict[str, str]:
    """Return the versions of the portal and its main dependencies."""
    import celery
    import redis

    return {
        "portal": VERSION,
        "python": platform.python_version(),
        "django": django.get_version(),
        "celery": celery.__version__,
        "redis client": redis.__version__,
    }

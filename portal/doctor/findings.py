"""Questions and answers of the doctor."""

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
    """What one question found. "note" is good to know and no reason to act; "mend" says what to do."""

    name: str
    result: Result
    message: str


Question = Callable[[], Iterable[Finding]]


def ask(name: str, question: Question) -> list[Finding]:
    """Never raises: what breaks a question is a finding. No message holds a secret."""
    try:
        found = list(question())
    except DatabaseError:
        found = [Finding(name, "note", "This can be looked at once the database is mended.")]
    except Exception as error:
        log.debug("doctor: %s", name, exc_info=True)
        found = [Finding(name, "mend", f"This could not be looked at: {type(error).__name__}: {error}")]
    return [Finding(one.name, one.result, mask(one.message)) for one in found]


def examine(clusters: bool = True) -> list[Finding]:
    """All questions, the most basic first. `clusters`: ask those, too, up to 15 s each."""
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
    """What runs here."""
    import celery
    import redis

    return {
        "portal": VERSION,
        "python": platform.python_version(),
        "django": django.get_version(),
        "celery": celery.__version__,
        "redis client": redis.__version__,
    }

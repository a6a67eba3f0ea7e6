"""What caused what happens now. Carried from the browser through Celery to a cluster's audit log, and into every log
line and audit record between. Pure: the log needs it before Django is there."""

from collections.abc import Callable
from contextvars import ContextVar

# The id of an HTTP request, or a word for what nobody asked for: "clock", "hub-7". portal.middleware and the tasks
# set it, portal.carrying takes it along with a message.
request_id: ContextVar[str] = ContextVar("request_id", default="")


def nobody() -> str:
    return ""


# User name of whoever asked, "" for nobody. A function: it must not cost a query to write a log line.
asked_by: ContextVar[Callable[[], str]] = ContextVar("asked_by", default=nobody)


def otherwise(word: str) -> None:
    """For a task: what came along with its message stays; without one this word is the cause."""
    if not request_id.get():
        request_id.set(word)

"""What caused what happens now, and from where. Carried from the browser through Celery to a cluster's audit log, and
into every log line and audit record between. Pure: the log needs it before Django is there."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace

# The id of an HTTP request, or a word for what nobody asked for: "clock", "hub-7". portal.web.middleware and the tasks
# set it, portal.telemetry.carrying takes it along with a message. It is always ours, so that nobody chooses what stands
# in the audit; the id that a caller sent (X-Request-ID) is kept beside it, cleaned.
request_id: ContextVar[str] = ContextVar("request_id", default="")
caller_id: ContextVar[str] = ContextVar("caller_id", default="")


def nobody() -> str:
    return ""


# User name of whoever asked, "" for nobody. A function: it must not cost a query to write a log line.
asked_by: ContextVar[Callable[[], str]] = ContextVar("asked_by", default=nobody)

SESSION = "session"
DEVICE = "device code"


@dataclass(frozen=True)
class Origin:
    """From where somebody asked: the client's address ("" when unknown), its browser (User-Agent), and with what: a
    token's prefix and name, SESSION, or "" for neither. `made_by` is the user name of whoever made the token of a
    service account."""

    address: str = ""
    browser: str = ""
    via: str = ""
    made_by: str = ""
    only_for: str = ""  # in a worker: counts for what this user did, and not for what the same task does for others

    def of(self, username: str) -> "Origin":
        """The origin of what this user ("" for the portal itself) does now."""
        if self.only_for and self.only_for != username:
            return NOWHERE
        via = self.via or (SESSION if self.address and username and asked_by.get()() == username else "")
        return replace(self, via=via)


NOWHERE = Origin()
origin: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def came_with(via: str, made_by: str = "") -> None:
    """For whoever reads credentials: with what the caller came."""
    origin.set(replace(origin.get(), via=via, made_by=made_by))


def otherwise(word: str) -> None:
    """For a task: what came along with its message stays; without one this word is the cause."""
    if not request_id.get():
        request_id.set(word)

"""What a person sees when something can't be answered: a page in plain words, or JSON for programs (RFC 9457)."""

import logging
import sys
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse

from hubs.api.problems import BY_STATUS
from hubs.cause import request_id
from hubs.database import BUSY, RETRY_AFTER, busy

from . import kept_forms
from .ways_on import ways_on

log = logging.getLogger(__name__)
API = "/api/"

# status -> (title, what happened and what one can do)
WORDS: dict[int, tuple[str, str]] = {
    400: ("That request can't be read", "The address or the form was not as expected. Go back and try again."),
    403: ("You may not do that", "Your role does not allow it. Ask an owner or admin of the organisation."),
    404: ("Nothing here", "There is no such page, or it is not shown to you."),
    405: ("Nothing to see at this address", "It is where a form goes. Go back and use the buttons of the page."),
    409: ("Somebody was faster", "What you saw has changed meanwhile. Look again and decide anew."),
    429: ("Too many tries", "Wait some minutes, then try again."),
    503: ("Nobody answers there now", "The place where the hub lives does not answer. Try again in a minute."),
    500: ("Something broke on our side", "It is written down and nothing of yours was lost. Try again in a minute."),
}  # fmt: skip
CSRF_WORDS = "This page was open for too long, or cookies are off. Go back, load it again and send it once more."


def page(request: HttpRequest, status: int, message: str = "", template: str = "") -> HttpResponse:
    """The answer with this status, as page or problem document. Never raises, not even when templates are broken."""
    title, usual = WORDS[status]
    message = message or usual
    reference = request_id.get()
    if request.path.startswith(API):
        kind = f"{settings.PORTAL_URL}/problems/{BY_STATUS.get(status, 'broken')}/"
        problem = {"type": kind, "title": title, "status": status, "detail": message, "instance": reference}
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    context: dict[str, Any] = {
        "status": status,
        "title": title,
        "message": message,
        "reference": reference,
        "support": settings.SUPPORT_CONTACT,
    }
    # A server error may be the database's: its page asks nobody anything.
    with_request = None if status in (500, 503) else request
    try:
        context["ways"] = ways_on(request, status)
        html: str = render_to_string(template or f"{status}.html", context, with_request)
    except Exception:
        log.exception("the page for status %s is broken", status)
        html = f"<!doctype html><title>{title}</title><h1>{title}</h1><p>{WORDS[500][1]}</p>"
    return HttpResponse(html, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _with_what_was_typed(request, 403, str(exception)) or page(request, 403, str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _with_what_was_typed(request, 404) or page(request, 404)


def _with_what_was_typed(request: HttpRequest, status: int, message: str = "") -> HttpResponse | None:
    """A form that somebody may no longer send holds long texts all the same: they can be copied."""
    if request.path.startswith(API):
        return None
    return kept_forms.page(request, message or WORDS[status][1], status)


def server_error(request: HttpRequest) -> HttpResponse:
    """The last door of every exception, whichever middleware it came from."""
    error = sys.exc_info()[1]
    return database_busy(request, error) if error and busy(error) else page(request, 500)


def database_busy(request: HttpRequest, error: BaseException) -> HttpResponse:
    """503 for what may succeed in a moment; one line in the log."""
    log.warning("the database can't answer now (%s)", str(error).splitlines()[0])
    answer = page(request, 503, BUSY)
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    log.warning("refused a form without a valid token: %s", reason)
    at_sign_in = request.path == reverse(settings.LOGIN_URL)
    return (None if at_sign_in else kept_forms.page(request)) or page(request, 403, CSRF_WORDS, "csrf.html")

"""Error responses: a page in plain words, or a JSON problem document for the API (RFC 9457)."""

import logging
import sys
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse

from hubs.api.problems import BY_STATUS
from hubs.database import BUSY, RETRY_AFTER, busy
from hubs.language import lazy
from hubs.request_context import request_id

from . import kept_forms
from .ways_on import ways_on

log = logging.getLogger(__name__)
API = "/api/"
SHOWN = 8  # characters of a reference, as in the audit log; the log has all of them

# status -> (title, what happened and what to do)
WORDS: dict[int, tuple[str, str]] = {
    400: (lazy("Invalid request"), lazy("The address or the form is not valid. Go back and try again.")),
    403: (lazy("Permission denied"), lazy("Your role does not allow this. Ask an owner or admin of the organisation.")),
    404: (lazy("Page not found"), lazy("This page does not exist, or you don’t have access to it.")),
    405: (lazy("This address is for forms only"), lazy("Go back to the page and use its buttons.")),
    409: (lazy("This has changed in the meantime"),
          lazy("It was changed after you opened the page. Review it and try again.")),
    429: (lazy("Too many attempts"), lazy("Wait a few minutes, then try again.")),
    503: (lazy("Temporarily unavailable"), lazy("The hub’s cluster does not respond. Try again in a minute.")),
    500: (lazy("Something went wrong"),
          lazy("The error was logged, and none of your data was lost. Try again in a minute.")),
}  # fmt: skip
CSRF_WORDS = lazy(
    "This page was open for too long, or cookies are off. Go back, reload the page and submit the form again."
)


def page(request: HttpRequest, status: int, message: str = "") -> HttpResponse:
    """Return the response with this status, as a page or problem document. Never raises, even if a template fails.
    The page has the menu for those who are signed in, unless the database may be the cause."""
    title, usual = map(str, WORDS[status])
    message = str(message) or usual
    reference = request_id.get()
    if request.path.startswith(API):
        kind = f"{settings.PORTAL_URL}/problems/{BY_STATUS.get(status, 'broken')}/"
        problem = {"type": kind, "title": title, "status": status, "detail": message, "instance": reference}
        return JsonResponse(problem, status=status, content_type="application/problem+json")
    context: dict[str, Any] = {
        "status": status,
        "title": title,
        "message": message,
        "reference": reference[:SHOWN],
        "support": settings.SUPPORT_CONTACT,
    }
    # The database may be the cause of a server error: its page makes no query.
    with_request = None if status in (500, 503) else request
    try:
        context["ways"] = ways_on(request, status)
        if with_request and getattr(request, "user", None) and request.user.is_authenticated:
            context["base"] = "base.html"
        html: str = render_to_string("error_page.html", context, with_request)
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
    """Return a page with what was posted, so that long texts can be copied although the form was refused; or None."""
    if request.path.startswith(API):
        return None
    return kept_forms.page(request, message or str(WORDS[status][1]), status)


def server_error(request: HttpRequest) -> HttpResponse:
    """Handle every uncaught exception, whichever middleware raised it."""
    error = sys.exc_info()[1]
    return database_busy(request, error) if error and busy(error) else page(request, 500)


def database_busy(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Return 503 for a request that may succeed in a moment, and log one line."""
    log.warning("the database can't answer now (%s)", str(error).splitlines()[0])
    answer = page(request, 503, BUSY)
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    log.warning("refused a form without a valid token: %s", reason)
    at_sign_in = request.path == reverse(settings.LOGIN_URL)
    return (None if at_sign_in else kept_forms.page(request)) or page(request, 403, CSRF_WORDS)

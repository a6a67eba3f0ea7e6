"""Logs and counts each request."""

import logging
import time
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.web.middleware import PROBES, Around

from . import http_metrics, tracing

log = logging.getLogger("portal.web")
METHODS = frozenset("GET HEAD POST PUT PATCH DELETE OPTIONS".split())  # others are counted as OTHER
BEGAN = "portal.began"  # in request.META: monotonic seconds, span


def route(request: HttpRequest) -> str:
    """Return the name of the URL pattern, not the path, so that there is one label for all hubs."""
    match = request.resolver_match
    if match is not None:
        return match.view_name or "unnamed"
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


def known_method(request: HttpRequest) -> str:
    return request.method if request.method in METHODS else "OTHER"


class Watched(Around):
    """Logs and counts a request when its response begins: a stream stays open for minutes."""

    def before(self, request: HttpRequest) -> None:
        request.META[BEGAN] = time.monotonic(), tracing.begin_request(request)

    def after(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        began, span = request.META[BEGAN]
        took = time.monotonic() - began
        name, method = route(request), known_method(request)
        http_metrics.count(method, name, response.status_code, took)
        traced = {"http.request.method": method, "http.route": name, "http.response.status_code": response.status_code}
        span.end(f"{method} {name}", failed=response.status_code >= 500, **traced)
        if request.path not in PROBES and name != "static":
            facts = {"method": method, "route": name, "status": response.status_code, "duration_ms": round(took * 1000)}
            where = f"{method} {quote(request.path)}"  # without the query; a line break could forge a line
            log.info("%s %d %d ms", where, response.status_code, took * 1000, extra={"facts": facts})
        return response

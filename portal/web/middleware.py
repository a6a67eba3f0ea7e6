"""Middleware: the request id, the portal's canonical host name, and pages for errors that services raise."""

import ipaddress
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.http.request import split_domain_port, validate_host
from django.utils.http import url_has_allowed_host_and_scheme

from hubs.database import busy
from hubs.errors import DomainError, Invalid, NotAllowed, TooMany, Unavailable
from hubs.internals import known
from hubs.language import _
from hubs.request_context import NOWHERE, Origin, asked_by, caller_id, nobody, origin, request_id

from . import errors, hub_hosts, kept_forms

UNCLEAN = re.compile(r"[^A-Za-z0-9._:/+=@-]+")
LONGEST_ID, LONGEST_BROWSER = 64, 400  # characters of what a caller sends
PROBES = ("/healthz", "/readyz", "/metrics")
HEADER, CALLER_HEADER = "X-Request-ID", "X-Caller-Request-ID"
LONGEST_HOST, LAST_PORT = 255, 65535  # RFC 1035 (2.3.4), RFC 6335 (6)
STATUSES = ((NotAllowed, 403), (Invalid, 400), (Unavailable, 503), (TooMany, 429))


class Around:
    """Base of sync and async middleware without a thread: a stream stays open for minutes and must not hold one."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        early = self.before(request)
        if self.is_async:
            return self._answer(request, early)
        return self.after(request, early or self.get_response(request))

    async def _answer(self, request: HttpRequest, early: HttpResponse | None) -> HttpResponse:
        answer: Awaitable[HttpResponse] | HttpResponse = early or self.get_response(request)
        return self.after(request, await answer if isinstance(answer, Awaitable) else answer)

    def before(self, request: HttpRequest) -> HttpResponse | None:
        return None

    def after(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return response


class RequestId(Around):
    """Sets the request id, used up to the audit log, and the origin of the request. The id is always generated here:
    with a chosen id, a caller could forge entries of the log and the audit. The caller's own X-Request-ID is stored
    separately."""

    def before(self, request: HttpRequest) -> None:
        request_id.set(uuid4().hex)
        caller_id.set(UNCLEAN.sub("", request.headers.get(HEADER, ""))[:LONGEST_ID])
        asked_by.set(partial(who, request))
        browser = request.headers.get("User-Agent", "")[:LONGEST_BROWSER]
        origin.set(Origin(address=client_address(request), browser=browser))

    def after(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        response[HEADER] = request_id.get()
        if caller_id.get():
            response[CALLER_HEADER] = caller_id.get()
        asked_by.set(nobody)
        origin.set(NOWHERE)
        return response


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address in its shortest form; "" behind a Unix socket. uvicorn decides which
    X-Forwarded-For is trusted (docs/operator.md)."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def who(request: HttpRequest) -> str:
    """Return the user name of the signed-in user if it is already loaded, else "": a log line must not make a query,
    least of all in an event loop."""
    user = known(request.__dict__.get("user"))
    return str(user.get_username()) if user else ""


class CanonicalHost(Around):
    """Ensures that the portal never responds under a hub's host name, so that no hub can see its cookies.

    Browsers share cookies between all ports of a host: at http://localhost:8000, the portal's session would be sent to
    every hub at http://localhost:18000. Such a request is redirected to the portal's own address, or refused if it
    has a body.
    """

    def before(self, request: HttpRequest) -> HttpResponse | None:
        if request.path in PROBES:
            request.META["HTTP_HOST"] = urlsplit(settings.PORTAL_URL).netloc  # probes use an IP address, not a name
            return None
        host, _port = split_domain_port(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", ""))
        if not is_hub_host(host):
            return None
        if request.method in ("GET", "HEAD"):
            return HttpResponseRedirect(settings.PORTAL_URL + request.get_full_path(force_append_slash=False))
        return HttpResponseBadRequest(
            _("The portal is at {address}.", address=settings.PORTAL_URL) + "\n", content_type="text/plain"
        )


def is_hub_host(host: str) -> bool:
    """Return whether local hubs use this host name (lower case, without port), and it is not the portal's own."""
    hubs = urlsplit(settings.LOCAL_HUB_ORIGIN).hostname or ""
    host = host.rstrip(".")
    return host != urlsplit(settings.PORTAL_URL).hostname and (host == hubs or host.endswith(f".{hubs}"))


class HubHost(Around):
    """Routes a request for a host name that is not the portal's to portal.web.hub_hosts, never to a page of the portal.
    In a cluster, it is the name of a hub that is not running."""

    def before(self, request: HttpRequest) -> HttpResponse | None:
        given = request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "")
        host, port = split_domain_port(given.lower())
        # "a@b", two names, an invalid port: Django would raise at the first access.
        if not 0 < len(host) <= LONGEST_HOST or (port and int(port) > LAST_PORT):
            return HttpResponseBadRequest(_("The Host header is not a host name.") + "\n", content_type="text/plain")
        if validate_host(host, settings.ALLOWED_HOSTS):
            return None
        request.META[hub_hosts.ASKED] = host.rstrip(".")
        request.META["HTTP_HOST"] = urlsplit(settings.PORTAL_URL).netloc  # Django refuses other names
        request.urlconf = hub_hosts.__name__
        return None


class DomainErrors(Around):
    """Handles DomainErrors that no view caught: returns to the page with the message, never a 500.

    A bare "method not allowed" gets a page, too, because people reload the address of a form.

    It is the innermost one and synchronous, so that Django runs all middleware up to the asynchronous one for static
    files in the request's thread. Otherwise each of eight would switch threads twice, which costs more than its work. A
    stream releases its thread before it begins (hubs/live/streams.py).
    """

    async_capable = False

    def after(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if response.status_code != 405 or response.streaming or response.content:
            return response
        explained = errors.page(request, 405)
        explained["Allow"] = response.get("Allow", "")
        return explained

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if busy(exception):
            return errors.database_busy(request, exception)
        if not isinstance(exception, DomainError):
            return None
        status = next((number for kind, number in STATUSES if isinstance(exception, kind)), 409)
        if request.path.startswith(errors.API) or request.method in ("GET", "HEAD"):
            answer = errors.page(request, status, exception.message)
            if seconds := getattr(exception, "seconds", 0):
                answer["Retry-After"] = str(seconds)
            return answer
        back = self._where_from(request)
        if back is None:
            return errors.page(request, status, exception.message)
        htmx = getattr(request, "htmx", False)
        if not htmx and (kept := kept_forms.page(request, exception.message, status)):
            return kept  # long texts are not lost with the page that sent them
        messages.error(request, exception.message)
        if htmx:
            return HttpResponse(headers={"HX-Redirect": back})
        return HttpResponseRedirect(back)

    def _where_from(self, request: HttpRequest) -> str | None:
        """Return the URL of the page that sent the form, if it is a page of the portal."""
        htmx = getattr(request, "htmx", None)
        url = (htmx.current_url if htmx else None) or request.headers.get("Referer", "")
        host = {urlsplit(settings.PORTAL_URL).netloc, request.get_host()}
        whole = url.startswith(("http://", "https://"))  # a path alone may still lead away: //evil.example
        return url if whole and url_has_allowed_host_and_scheme(url, host, require_https=request.is_secure()) else None

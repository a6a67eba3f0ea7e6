"""Around every request: its id, the portal's one host name, and what services refuse, said in plain words."""

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

from hubs.cause import NOWHERE, Origin, asked_by, caller_id, nobody, origin, request_id
from hubs.database import busy
from hubs.errors import DomainError, Invalid, NotAllowed, TooMany, Unavailable
from hubs.internals import known

from . import errors, hub_hosts, kept_forms

UNCLEAN = re.compile(r"[^A-Za-z0-9._:/+=@-]+")
LONGEST_ID, LONGEST_BROWSER = 64, 400  # characters of what a caller sends
PROBES = ("/healthz", "/readyz", "/metrics")
HEADER, CALLER_HEADER = "X-Request-ID", "X-Caller-Request-ID"
LONGEST_HOST, LAST_PORT = 255, 65535  # RFC 1035 (2.3.4), RFC 6335 (6)
STATUSES = ((NotAllowed, 403), (Invalid, 400), (Unavailable, 503), (TooMany, 429))


class Around:
    """Runs in both worlds without a thread: a stream stays open for minutes and must not hold one."""

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
    """One id from the edge to the audit line, and the origin of the request. The id is always ours: who could choose
    it could make the log and the audit tell of somebody else's request. What a caller sends as X-Request-ID stands
    beside it."""

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
    """The address that asks, in its shortest spelling; "" behind a Unix socket. Which X-Forwarded-For counts is
    uvicorn's business (docs/operator.md)."""
    try:
        address = ipaddress.ip_address(request.META.get("REMOTE_ADDR", "").partition("%")[0])
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)


def who(request: HttpRequest) -> str:
    """User name of who is signed in, as far as that is known already: a log line costs no query, and in an event loop
    it must not make one."""
    user = known(request.__dict__.get("user"))
    return str(user.get_username()) if user else ""


class CanonicalHost(Around):
    """The portal never answers under a hub's host name, so it never sets a cookie that a hub could see.

    Browsers share cookies between all ports of a host: at http://localhost:8000 the session of the portal would be
    sent to every hub at http://localhost:18000. Such a request is sent on to the portal's own address, or refused
    when it carries data.
    """

    def before(self, request: HttpRequest) -> HttpResponse | None:
        if request.path in PROBES:
            request.META["HTTP_HOST"] = urlsplit(settings.PORTAL_URL).netloc  # probes come by address, not by name
            return None
        host, _ = split_domain_port(request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", ""))
        if not is_hub_host(host):
            return None
        if request.method in ("GET", "HEAD"):
            return HttpResponseRedirect(settings.PORTAL_URL + request.get_full_path(force_append_slash=False))
        return HttpResponseBadRequest(f"The portal is at {settings.PORTAL_URL}.\n", content_type="text/plain")


def is_hub_host(host: str) -> bool:
    """Is this (lower-case, without port) a host name where hubs of this machine answer, and not the portal's own?"""
    hubs = urlsplit(settings.LOCAL_HUB_ORIGIN).hostname or ""
    host = host.rstrip(".")
    return host != urlsplit(settings.PORTAL_URL).hostname and (host == hubs or host.endswith(f".{hubs}"))


class HubHost(Around):
    """A request for a host name that is not the portal's: in a cluster that of a hub which does not run now. It is
    answered by portal.web.hub_hosts and by no page of the portal."""

    def before(self, request: HttpRequest) -> HttpResponse | None:
        given = request.META.get("HTTP_HOST") or request.META.get("SERVER_NAME", "")
        host, port = split_domain_port(given.lower())
        # "a@b", two names, a port that is none: Django would raise at the first question for it.
        if not 0 < len(host) <= LONGEST_HOST or (port and int(port) > LAST_PORT):
            return HttpResponseBadRequest("The Host header is not a host name.\n", content_type="text/plain")
        if validate_host(host, settings.ALLOWED_HOSTS):
            return None
        request.META[hub_hosts.ASKED] = host.rstrip(".")
        request.META["HTTP_HOST"] = urlsplit(settings.PORTAL_URL).netloc  # Django refuses other names
        request.urlconf = hub_hosts.__name__
        return None


class DomainErrors(Around):
    """What a service refused and no view caught: back to the page with the sentence, never a 500.

    A bare "method not allowed" gets a page, too: people press reload on the address of a form.

    The innermost one, and not for an event loop: so Django runs all of them up to the asynchronous one of static files
    in the request's own thread, one after another. Else each of eight changes the thread twice, which costs more than
    what it does there. A stream gives its thread back before it begins (hubs/live/streams.py).
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
            return kept  # long texts are not thrown away with the page that they were sent from
        messages.error(request, exception.message)
        if htmx:
            return HttpResponse(headers={"HX-Redirect": back})
        return HttpResponseRedirect(back)

    def _where_from(self, request: HttpRequest) -> str | None:
        """The page that sent the form, when it is one of ours."""
        htmx = getattr(request, "htmx", None)
        url = (htmx.current_url if htmx else None) or request.headers.get("Referer", "")
        host = {urlsplit(settings.PORTAL_URL).netloc, request.get_host()}
        whole = url.startswith(("http://", "https://"))  # a path alone may still lead away: //evil.example
        return url if whole and url_has_allowed_host_and_scheme(url, host, require_https=request.is_secure()) else None

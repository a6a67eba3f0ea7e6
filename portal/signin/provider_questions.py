"""Requests to sign-in providers through the portal's outbound client, with one deadline and a bounded answer. The
library `requests` only has a timeout per read and no size limit, and a person and a web thread wait for the answer."""

import io
from functools import lru_cache
from typing import Any, cast

import httpcore
import httpx
import requests
from django.conf import settings
from requests.structures import CaseInsensitiveDict
from social_core.backends.base import BaseAuth
from social_core.exceptions import AuthConfigurationError, AuthProviderError
from social_core.utils import http_error

from hubs.outbound import ERRORS, Answer, Deadline, Wire, is_tls, known

MOST_BYTES = 1024 * 1024  # per answer: keys, tokens, user information
REDIRECTS = 3  # per GET, on the same host
MOVED = (301, 302, 303, 307, 308)


@lru_cache
def _wire() -> Wire:
    return Wire(known("sign-in"), httpx.create_ssl_context(), kept=0)


def _ask(asked: requests.PreparedRequest, seconds: float) -> Answer:
    """Send the request. Raise outbound.ERRORS."""
    body = asked.body.encode() if isinstance(asked.body, str) else asked.body
    headers = {name: v if isinstance(v, str) else v.decode("latin-1") for name, v in asked.headers.items()}
    url, until = str(asked.url), Deadline(seconds)
    for _ in range(REDIRECTS + 1):
        answer = _wire().ask(
            str(asked.method), url, until, headers=headers, body=cast(bytes | None, body), most_bytes=MOST_BYTES
        )
        where = answer.headers.get("location")
        if asked.method != "GET" or answer.status not in MOVED or not where:
            return answer
        there = httpx.URL(url).join(where)
        if (there.scheme, there.netloc) != (httpx.URL(url).scheme, httpx.URL(url).netloc):
            return answer
        url = str(there)
    raise httpcore.RemoteProtocolError("redirects without end")


class OneDeadline(BaseAuth):
    """Mixin for a backend of social-auth: sends its requests and translates errors to those of social-auth."""

    def request(self, url: str, *, stage: Any = "user_info", **asked: Any) -> requests.Response:
        """Like BaseAuth.request, but redirects to other hosts are not followed."""
        asked.pop("timeout", None)
        request = requests.Request(asked.pop("method", "GET"), url, **asked)
        request.headers = {"User-Agent": "hubportal", "Accept-Encoding": "identity", **(asked.get("headers") or {})}
        try:
            prepared = request.prepare()
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema) as error:
            raise AuthConfigurationError(self, code="invalid_setting", parameter="url", stage=stage) from error
        try:
            answer = _ask(prepared, settings.SOCIAL_AUTH_REQUESTS_TIMEOUT)
        except httpcore.TimeoutException as error:
            raise AuthProviderError(self, code="timeout", stage=stage) from error
        except (*ERRORS, httpx.InvalidURL, httpcore.UnsupportedProtocol) as error:
            code = "tls_error" if is_tls(error) else "connection_failed"
            raise AuthProviderError(self, code=code, stage=stage) from error
        found = requests.Response()
        found.status_code, found.url, found.request = answer.status, answer.url, prepared
        found.headers = CaseInsensitiveDict(answer.headers)
        found.raw = io.BytesIO(answer.body)
        try:
            found.raise_for_status()
        except requests.HTTPError as error:
            raise http_error(self, error, stage=stage) from error
        return found

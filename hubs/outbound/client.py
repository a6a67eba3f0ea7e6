"""The HTTP client for addresses that people entered: registries, webhooks and others.

Against server-side request forgery (CWE-918): the name is resolved here, every address of it is checked, and the socket
is opened to the checked address, so that a name that resolves differently a moment later changes nothing. Redirects are
checked in the same way. Responses have limits on size, time and number of redirects.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ssl import SSLContext

import httpcore
import httpx
from django.conf import settings

from hubs.errors import DomainError
from hubs.language import _
from hubs.outbound.address_policy import PORTS, Address, Allowed, Forbidden, judge
from hubs.outbound.deadline import Deadline, TooLong
from hubs.outbound.lookups import Busy, NoSuchHost, Resolver, look_up, system_resolver
from hubs.outbound.wire import ERRORS, Answer, Wire, is_tls

SECONDS = 4.0  # for a whole exchange, with lookups, redirects and tokens
MOST_BYTES = 1024 * 1024  # of one response
REDIRECTS = 3


class Unanswered(DomainError):
    """There was no response in time, or no readable one. A retry may help."""


def allowed_by_settings() -> Allowed:
    """Return the allowed hosts in the settings; invalid entries are ignored (portal/checks.py reports them)."""
    readable = []
    for entry in settings.ALLOWED_PRIVATE_HOSTS:
        try:
            Allowed.read([entry])
        except ValueError:
            continue
        readable.append(entry)
    return Allowed.read(readable)


@lru_cache
def _tls() -> SSLContext:
    """Return a context with certifi's certificate authorities, or those of SSL_CERT_FILE."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class OutboundClient:
    """Configuration of outbound requests. Only tests pass a resolver and certificate authorities."""

    allowed: Allowed = field(default_factory=allowed_by_settings)
    resolver: Resolver = system_resolver
    tls: Callable[[], SSLContext] = _tls
    asker: str = ""  # on whose behalf: limits are counted for each separately

    def of(self, asker: str) -> "OutboundClient":
        """Return a copy on behalf of someone, such as "organization:7"."""
        return replace(self, asker=asker)

    def look_up(self, host: str, port: int, deadline: Deadline) -> list[Address]:
        """Return the checked addresses of a name. Raise Forbidden, Unanswered, httpcore.ReadTimeout."""
        try:
            found = look_up(host, port, deadline, self.asker, self.resolver)
        except NoSuchHost:
            said = _("The portal could not reach {host}. Check the address, or try again later.", host=host)
            raise Unanswered(said) from None
        except Busy:
            said = _(
                "Too many host names are being looked up at the moment. Try {host} again in a few seconds.", host=host
            )
            raise Unanswered(said) from None
        return judge(host.strip("[]"), port, found, self.allowed)

    def scheme(self, host: str, port: int | None = None) -> str:
        """Return the default scheme for this host: http only where operators allow it."""
        plain = self.allowed.without_tls(host, port or PORTS["http"])
        return "http" if plain else "https"

    def check(self, url: str, *, plain_http: bool = False) -> tuple[str, str, int]:
        """Return (scheme, host, port). Raise Forbidden for an address that is not allowed. Does not look up names."""
        if any(c <= " " or c == "\\" or c == "\x7f" for c in url):
            raise Forbidden(_("This is not a valid address."))
        try:
            parts = httpx.URL(url)  # the same parser as for sending
        except httpx.InvalidURL:
            raise Forbidden(_("This is not a valid address.")) from None
        host, port = parts.raw_host.decode("ascii"), parts.port or PORTS.get(parts.scheme, 0)
        if parts.scheme not in PORTS or not host or not 0 < port < 65536:
            raise Forbidden(_("This is not a valid web address."))
        if parts.userinfo:
            raise Forbidden(_("An address must not contain a password."))
        if parts.scheme == "http" and not (plain_http or self.allowed.without_tls(host, port)):
            raise Forbidden(
                _("The portal only connects to {host} over https. Start the address with https://.", host=host)
            )
        return parts.scheme, host, port

    def question(self, seconds: float = SECONDS) -> "Question":
        """Return requests that share a deadline: `with door.question() as ask: ask.get(url)`."""
        return Question(self, Deadline(seconds))


class Question:
    """Requests that share a deadline and, if they go to the same host, a connection."""

    def __init__(self, door: OutboundClient, deadline: Deadline) -> None:
        self.door, self.deadline = door, deadline
        self.wire = Wire(lambda host, port, until: [str(a) for a in door.look_up(host, port, until)], door.tls())

    def __enter__(self) -> "Question":
        return self

    def __exit__(self, *error: object) -> None:
        self.wire.close()

    def get(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        most_bytes: int = MOST_BYTES,
        plain_http: bool = False,
    ) -> Answer:
        """Send a GET request, following at most three redirects. `Authorization` is only sent to the first host.

        Raise Forbidden, or Unanswered (no response in time, no TLS, too long, too many redirects).
        """
        sent = {"User-Agent": "hubportal", "Accept-Encoding": "identity", **(headers or {})}
        first = self.door.check(url, plain_http=plain_http)
        for _redirect in range(REDIRECTS + 1):
            here = self.door.check(url, plain_http=plain_http)
            if here != first:  # and not sent again if a later redirect leads back
                sent.pop("Authorization", None)
            answer = self._once("GET", url, sent, most_bytes, here[1])
            where = answer.headers.get("location")
            if answer.status not in (301, 302, 303, 307, 308) or not where:
                return answer
            try:
                url = str(httpx.URL(url).join(where))
            except httpx.InvalidURL:
                raise Unanswered(_("{host} redirects to an invalid address.", host=here[1])) from None
        raise Unanswered(_("{host} redirects too many times.", host=first[1]))

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str], most_bytes: int) -> Answer:
        """Send a POST request, and read at most `most_bytes` of the response. Redirects are not followed.

        Raise Forbidden, Unanswered (no response in time, no TLS).
        """
        host = self.door.check(url)[1]
        sent = {"User-Agent": "hubportal", "Accept-Encoding": "identity", **headers}
        return self._once("POST", url, sent, most_bytes, host, body)

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], most_bytes: int, host: str, sent: bytes | None = None
    ) -> Answer:
        """Send one request. A GET fails if the response is too long; the rest of a POST's response is not read."""
        try:
            return self.wire.ask(
                method, url, self.deadline, headers=headers, body=sent, most_bytes=most_bytes, cut=sent is not None
            )
        except httpcore.TimeoutException:
            raise Unanswered(_("{host} did not answer in time.", host=host)) from None
        except TooLong:
            raise Unanswered(_("The response of {host} is too long.", host=host)) from None
        except ERRORS as error:
            if is_tls(error):
                said = _("The portal does not trust the certificate of {host}.", host=host)
                raise Unanswered(said) from None
            raise Unanswered(_("{host} does not answer.", host=host)) from None

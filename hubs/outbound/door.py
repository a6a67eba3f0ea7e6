"""The one door through which the portal asks an address that somebody typed: registries, and whatever else comes.

Against server-side request forgery (CWE-918): the name is resolved here, every address of it is judged, and the socket
is opened to the very address that was judged, so that a name which answers differently a moment later changes nothing.
Each redirect goes through the same door. Answers have a size, a deadline and a number of redirects.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ssl import SSLContext

import httpcore
import httpx
from django.conf import settings

from hubs.errors import DomainError
from hubs.outbound.deadline import Deadline, TooLong
from hubs.outbound.judge import PORTS, Address, Allowed, Forbidden, judge
from hubs.outbound.lookups import Busy, NoSuchHost, Resolver, look_up, system_resolver
from hubs.outbound.wire import ERRORS, Answer, Wire, is_tls

SECONDS = 4.0  # for a whole question, with names, redirects and tokens
MOST_BYTES = 1024 * 1024  # of one answer
REDIRECTS = 3


class Unanswered(DomainError):
    """Nobody answers there, in time, or in a way that can be read. Trying again may help."""


def allowed_by_settings() -> Allowed:
    """What the environment says; an entry that can't be read allows nothing (portal/checks.py names it)."""
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
    """certifi's authorities, or those of SSL_CERT_FILE."""
    return httpx.create_ssl_context()


@dataclass(frozen=True)
class Door:
    """How questions go out. Tests give a resolver and authorities; nobody else needs to."""

    allowed: Allowed = field(default_factory=allowed_by_settings)
    resolver: Resolver = system_resolver
    tls: Callable[[], SSLContext] = _tls
    asker: str = ""  # for whom: what is counted for one can't be taken from another

    def of(self, asker: str) -> "Door":
        """The same, for somebody: "organization:7"."""
        return replace(self, asker=asker)

    def look_up(self, host: str, port: int, deadline: Deadline) -> list[Address]:
        """The judged addresses of a name. Raises Forbidden, Unanswered, httpcore.ReadTimeout."""
        try:
            found = look_up(host, port, deadline, self.asker, self.resolver)
        except NoSuchHost:
            raise Unanswered(f"There is no host {host}.") from None
        except Busy:
            raise Unanswered(
                f"Too many names are being looked up for you. Ask again about {host} in a moment."
            ) from None
        return judge(host.strip("[]"), port, found, self.allowed)

    def scheme(self, host: str, port: int | None = None) -> str:
        """How to ask this host when nobody said: without TLS only where staff allow it."""
        plain = self.allowed.without_tls(host, port or PORTS["http"])
        return "http" if plain else "https"

    def check(self, url: str, *, plain_http: bool = False) -> tuple[str, str, int]:
        """(scheme, host, port). Raises Forbidden for an address that nobody should give us; its name is not looked
        up."""
        if any(c <= " " or c == "\\" or c == "\x7f" for c in url):
            raise Forbidden("That is no address.")
        try:
            parts = httpx.URL(url)  # the same reading as on the wire
        except httpx.InvalidURL:
            raise Forbidden("That is no address.") from None
        host, port = parts.raw_host.decode("ascii"), parts.port or PORTS.get(parts.scheme, 0)
        if parts.scheme not in PORTS or not host or not 0 < port < 65536:
            raise Forbidden("That is no address on the web.")
        if parts.userinfo:
            raise Forbidden("An address must not contain a password.")
        if parts.scheme == "http" and not (plain_http or self.allowed.without_tls(host, port)):
            raise Forbidden(f"The portal asks {host} over an encrypted connection (https) only.")
        return parts.scheme, host, port

    def question(self, seconds: float = SECONDS) -> "Question":
        """Some requests that end together: `with door.question() as ask: ask.get(url)`."""
        return Question(self, Deadline(seconds))


class Question:
    """Requests that share a deadline and, where they go to one host, a connection."""

    def __init__(self, door: Door, deadline: Deadline) -> None:
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
        """Ask by GET, following at most three redirects. `Authorization` stays with the host it was meant for.

        Raises Forbidden, or Unanswered (no answer in time, no TLS, too long, too many redirects).
        """
        sent = {"User-Agent": "hubportal", "Accept-Encoding": "identity", **(headers or {})}
        first = self.door.check(url, plain_http=plain_http)
        for _ in range(REDIRECTS + 1):
            here = self.door.check(url, plain_http=plain_http)
            if here != first:  # and not again when a later one leads back
                sent.pop("Authorization", None)
            answer = self._once("GET", url, sent, most_bytes, here[1])
            where = answer.headers.get("location")
            if answer.status not in (301, 302, 303, 307, 308) or not where:
                return answer
            try:
                url = str(httpx.URL(url).join(where))
            except httpx.InvalidURL:
                raise Unanswered(f"{here[1]} sends us to what is no address.") from None
        raise Unanswered(f"{first[1]} sends us from one address to the next without end.")

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str], most_bytes: int) -> Answer:
        """Send this, and read at most so much of the answer. Redirects are not followed.

        Raises Forbidden, Unanswered (no answer in time, no TLS).
        """
        _, host, _ = self.door.check(url)
        sent = {"User-Agent": "hubportal", "Accept-Encoding": "identity", **headers}
        return self._once("POST", url, sent, most_bytes, host, body)

    def _once(
        self, method: str, url: str, headers: Mapping[str, str], most_bytes: int, host: str, sent: bytes | None = None
    ) -> Answer:
        """A GET fails when the answer is too long; of a POST's answer the rest is left unread."""
        try:
            return self.wire.ask(
                method, url, self.deadline, headers=headers, body=sent, most_bytes=most_bytes, cut=sent is not None
            )
        except httpcore.TimeoutException:
            raise Unanswered(f"{host} did not answer in time.") from None
        except TooLong:
            raise Unanswered(f"{host} answers with more than the portal reads.") from None
        except ERRORS as error:
            why = "has no certificate that the portal can trust" if is_tls(error) else "does not answer"
            raise Unanswered(f"{host} {why}.") from None

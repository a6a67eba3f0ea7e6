"""A client for a JupyterHub, independent of where it runs. The runtime makes the connection: on one machine by
loopback, in a cluster by way of the API server. Never by its public name, which may be a custom domain.

A hub runs what its users configured, so it is not trusted: responses have limits of time, size and length of text.
Source: JupyterHub's REST API, the same in 5 and 6.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from hubs.language import _
from hubs.outbound import within
from provisioning.contract import Server
from provisioning.errors import Missing, Refused, RuntimeFault, Transient
from provisioning.sentences import already_running, not_responding, not_running

REVISION_HEADER = "x-hub-revision"
MOST_BYTES = 2 * 1024 * 1024  # of one response: a page of 200 people has about 100 KiB
PAGE, MOST_PAGES = 200, 25
ALL_PAGES = 6.0  # seconds for all of them
LONGEST = 255  # characters of a name (as in JupyterHub's database), a time, a revision
RUNS = "AlreadyRuns"  # reason of Refused for a server that is already running
AWAY = "HubUnreachable"
NOBODY_THERE = (502, 503, 504)  # from the hub's proxy or the cluster, if there is no hub


class Silent(Transient):
    """The request was sent, but the response timed out. The hub may still carry it out."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Return the parsed body. Raise ValueError."""
        try:
            return json.loads(self.body)
        except RecursionError:
            raise ValueError("too deep") from None


# (method, path below the hub's base URL, such as "hub/api/users", headers) -> response. Raises Transient, or Silent if
# the request was sent. It adds the portal's authentication.
Ask = Callable[[str, str, Mapping[str, str]], Reply]


def unreachable() -> Transient:
    return Transient(not_responding(), AWAY)


def silent() -> Silent:
    return Silent(_("The hub is busy and did not respond in time. Try again in a moment."), "HubBusy")


def _text(value: Any) -> str:
    return str(value or "")[:LONGEST]


@dataclass(frozen=True)
class HubApi:
    """The API of one hub."""

    ask: Ask

    def revision(self) -> str:
        """Return the revision that the hub reports; "" if it does not respond."""
        try:
            reply = self.ask("GET", "hub/health", {})
        except RuntimeFault:
            return ""
        return _text(reply.headers.get(REVISION_HEADER)) if reply.status == 200 else ""

    def _people(self) -> Iterator[Mapping[str, Any]]:
        """Yield all users with a server. Raise Transient, ValueError, KeyError, TypeError or AttributeError."""
        offset = 0
        with within(ALL_PAGES):
            for _page in range(MOST_PAGES):
                query = urlencode({"state": "active", "limit": PAGE, "offset": offset})
                accept = {"Accept": "application/jupyterhub-pagination+json"}
                reply = self.ask("GET", f"hub/api/users?{query}", accept)
                if not reply.is_success:
                    raise unreachable()
                page = reply.json()
                yield from page["items"][:PAGE]
                if not (following := page["_pagination"]["next"]):
                    return
                offset = int(following["offset"])

    def servers(self) -> tuple[Server, ...] | None:
        """Return all running servers; None if the hub does not respond, or the response is invalid."""
        try:
            return tuple(
                Server(
                    user=_text(user["name"]),
                    name=_text(name),
                    ready=bool(server.get("ready")),
                    started=_text(server.get("started")),
                    last_activity=_text(server.get("last_activity")),
                )
                for user in self._people()
                for name, server in list(user.get("servers", {}).items())[:PAGE]
                if server.get("pending") != "stop"
            )
        except (RuntimeFault, ValueError, KeyError, TypeError, AttributeError):
            return None

    def start_server(self, user: str, server: str) -> None:
        """Start a server. Raise Missing for a person that the hub does not know, Refused (reason RUNS if it is running
        or starting), and Transient if the hub does not respond or is busy."""
        try:
            reply = self.ask("POST", _server(user, server), {})
        except Silent:
            return  # the hub continues: it responds when the server has begun to start
        if reply.status == 404:
            raise Missing(_("The hub does not know this person yet. They need to sign in to the hub once."))
        if reply.status == 403:
            raise Refused(_("This person needs to sign in to the hub again first."), "SignInAgain")
        if reply.status == 400:
            raise _refusal(reply)
        if not reply.is_success:
            said = _("The hub can’t start the server at the moment (status {status}).", status=reply.status)
            raise Transient(said, "HubRefuses")

    def stop_server(self, user: str, server: str) -> None:
        """Stop a server and return while it saves its state and stops. Can be repeated meanwhile. Raise Missing if the
        hub has no such server, and Transient, with nothing stopped, if the hub is busy or does not respond (reason
        AWAY)."""
        reply = self.ask("GET", _person(user), {})
        if reply.status == 404 or (reply.is_success and not _has(reply, server)):
            raise Missing(not_running())
        if not reply.is_success:
            raise _no_answer(reply)
        try:
            reply = self.ask("DELETE", _server(user, server), {})
        except Silent:
            return  # the hub continues: it responds when the server has saved its state
        if reply.status == 404:
            raise Missing(not_running())
        if not reply.is_success:
            raise _no_answer(reply)


def _person(user: str) -> str:
    return f"hub/api/users/{quote(user, safe='')}"


def _server(user: str, server: str) -> str:
    which = f"servers/{quote(server, safe='')}" if server else "server"
    return f"{_person(user)}/{which}"


def _has(reply: Reply, server: str) -> bool:
    """Return whether the user has this server. Raise Transient for an invalid response."""
    try:
        return server in reply.json()["servers"]
    except (ValueError, KeyError, TypeError):
        raise unreachable() from None


def _no_answer(reply: Reply) -> Transient:
    if reply.status in NOBODY_THERE:
        return unreachable()
    return Transient(_("The hub responded with status {status}.", status=reply.status), "HubRefuses")


def _refusal(reply: Reply) -> Refused:
    try:
        words = str(reply.json()["message"])
    except (ValueError, KeyError, TypeError):
        words = ""
    if "already running" in words or "pending" in words:
        return Refused(already_running(), RUNS)
    if "amed servers" in words:
        said = _("This hub allows one server per person, or this person has reached the maximum number of servers.")
        return Refused(said, "NoMore")
    return Refused(_("The hub refused to start the server."), "HubRefuses")

"""Start and stop people's servers. The cluster is called directly, outside of any transaction."""

from django.db import transaction

from hubs import wake
from hubs.audit.services import audit
from hubs.clusters import queries as operations
from hubs.errors import Conflict, Invalid
from hubs.language import _, plural
from hubs.models import Hub, User

MOST_NAMES = 20  # in one audit entry


def _runs(hub: Hub) -> None:
    if hub.scheduled:
        raise Conflict(_("This hub is created on its first day. It has no servers yet."))
    if hub.desired_state != Hub.Desired.RUNNING:
        gone = _("This hub is retired. No servers are running.")
        raise Conflict(gone if hub.is_retired else _("This hub is suspended. No servers are running."))


def start(*, hub: Hub, by: User, user: str, server: str = "") -> Hub:
    """Start one person's server with the default options; return while it starts. Raise Conflict if it is already
    running or the person never signed in to the hub, Invalid if the hub refuses, Unavailable."""
    _runs(hub)
    if not user.strip():
        raise Invalid.beside("user", _("Enter a user name."))
    operations.start_server(hub, user, server)
    with transaction.atomic():
        audit.record("hub.start_server", by=by, subject=hub.title, hub=hub, changes={"server": _name(user, server)})
        wake.wake(hub)
    return hub


def stop(*, hub: Hub, by: User, user: str, server: str = "") -> Hub:
    """Stop one person's server; their files are kept. Raise Conflict if it is not running, Unavailable."""
    _runs(hub)
    try:
        operations.stop_server(hub, user, server)
    except Conflict:
        wake.wake(hub)  # the list that the user saw is outdated
        raise
    with transaction.atomic():
        audit.record("hub.stop_server", by=by, subject=hub.title, hub=hub, changes={"server": _name(user, server)})
        wake.wake(hub)
    return hub


def stop_all(*, hub: Hub, by: User) -> tuple[int, int]:
    """Stop all servers that are known to run. Return (number stopped, number not stopped). Raise Conflict if none is
    known to run, Unavailable if none could be stopped."""
    _runs(hub)
    known = [(str(row.get("user", "")), str(row.get("name", ""))) for row in hub.servers or []]
    if not known:
        raise Conflict(_("No servers are running. Nothing was changed."))
    stopped = operations.stop_servers(hub, known)
    with transaction.atomic():
        names = ", ".join(_name(*one) for one in stopped[:MOST_NAMES])
        if (more := len(stopped) - MOST_NAMES) > 0:
            names = plural("{names} and {count} more", "{names} and {count} more", more, names=names)
        audit.record("hub.stop_servers", by=by, subject=hub.title, hub=hub, changes={"servers": names})
        wake.wake(hub)
    return len(stopped), len(known) - len(stopped)


def _name(user: str, server: str) -> str:
    return f"{user} ({server})" if server else user

"""Replace the generated secrets of a hub. The row is the source of truth: a worker's next pass prepares, applies and
checks it like any other change, and so completes an interrupted rotation."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from hubs import wake
from hubs.audit.services import audit
from hubs.errors import Conflict, Invalid
from hubs.language import _, lazy
from hubs.models import Hub, HubSecret, User
from hubs.spec import hub_secrets
from hubs.text.texts import clean

from .secrets import label_of

CRYPT_KEYS_KEPT = 2  # previous keys with which a hub can still decrypt


@dataclass(frozen=True)
class Kind:
    """One generated secret, and what its rotation means for people. Every rotation restarts the hub itself."""

    name: str
    label: str
    effect: str
    cuts: bool = False  # restarts the proxy, too


KINDS = (
    Kind(
        hub_secrets.COOKIE,
        lazy("Cookie secret"),
        lazy("People are signed out of the hub and have to sign in again. Running servers continue."),
    ),
    Kind(
        hub_secrets.CRYPT,
        lazy("Auth state encryption key"),
        lazy("No one is signed out. New data uses the new key; the two previous keys can still decrypt."),
    ),
    Kind(
        hub_secrets.SERVICE,
        lazy("Portal’s API token"),
        lazy("People are not affected. The old token stops working when the hub has restarted."),
    ),
    Kind(
        hub_secrets.OAUTH,
        lazy("OAuth client secret"),
        lazy("People are not affected. The old secret stops working when the hub has restarted, or after one hour."),
    ),
    Kind(
        hub_secrets.PROXY,
        lazy("Proxy auth token"),
        lazy("The proxy restarts, too: all connections are interrupted for a few seconds. Running servers continue."),
        cuts=True,
    ),
)


@dataclass(frozen=True)
class Held:
    """A secret that the portal stores for a hub, and who last entered or rotated it; never its value."""

    name: str
    label: str
    by: str
    at: datetime | None
    pending: bool = False  # the hub has not restarted with it yet
    effect: str = ""


def made(hub: Hub) -> list[Held]:
    """The generated secrets that exist, in the order of KINDS. One query."""
    rows = hub.secrets.filter(name__in=HubSecret.MADE).select_related("set_by").defer("value", "old")
    found = {row.name: row for row in rows}
    return [
        Held(kind.name, kind.label, _name(row), row.set_at, row.generation > hub.observed_generation, kind.effect)
        for kind in KINDS
        if (row := found.get(kind.name))
    ]


def entered(hub: Hub) -> list[Held]:
    """The secrets that people entered. One query."""
    rows = hub.secrets.filter(name__startswith=HubSecret.TYPED).select_related("set_by").defer("value", "old")
    return [
        Held(row.name, label_of(row.name.removeprefix(HubSecret.TYPED)), _name(row), row.set_at)
        for row in rows.order_by("name")
    ]


def _name(row: HubSecret) -> str:
    return row.set_by.name if row.set_by else ""


def _old(row: HubSecret) -> str | None:
    """Return what still works besides the new value."""
    if row.name == hub_secrets.CRYPT:
        return " ".join([row.value, *(row.old or "").split()][:CRYPT_KEYS_KEPT])
    return row.value if row.name == hub_secrets.OAUTH else None


@transaction.atomic
def rotate(*, hub: Hub, by: User | None, names: Collection[str] = HubSecret.MADE, reason: str = "") -> Hub:
    """Replace these secrets of a hub (by default all generated ones); `by=None` is the portal itself. People's servers
    continue. Workers restart the hub (and for `proxy_auth_token` the proxy) with the new values; the old ones stop
    working when it responds again, the OAuth secret after HubSecret.OVERLAP at the latest.

    Raise Invalid by field ("names", "reason"), and Conflict if the hub is retired or paused, or has no secrets yet.
    """
    if not names or not set(names) <= set(HubSecret.MADE):
        raise Invalid.beside("names", _("Choose at least one of: {names}.", names=", ".join(HubSecret.MADE)))
    reason = clean(reason, "reason")
    # This UPDATE also locks the hub's row, so that concurrent rotations have different generations.
    if not wake.want(hub, among=Hub.objects.alive().filter(paused_at=None), status=wake.UPDATING):
        raise Conflict(_("This hub is retired, or its repair is paused. No secret was changed."))
    hub.refresh_from_db()
    rows = list(hub.secrets.filter(name__in=names))
    if not rows:
        raise Conflict(_("This hub has no secrets yet. They are created when it is set up."))
    for row in rows:
        row.old, row.value = _old(row), secrets.token_hex(32)
        row.generation, row.set_by, row.set_at = hub.generation, by, timezone.now()
        row.save(update_fields=["old", "value", "generation", "set_by", "set_at"])
    changes = {kind.label: _("rotated") for kind in KINDS if kind.name in {row.name for row in rows}}
    audit.record("hub.secrets", by=by, subject=hub.title, hub=hub, changes=changes, note=reason)
    return hub

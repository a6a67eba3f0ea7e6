"""User limits for display: a person's limits and their rules, and servers that run with other limits."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from hubs.models import Hub, UserLimit
from hubs.roster.queries.people import people_of
from hubs.spec import HubSpec
from hubs.user_limits.rules import MEASURES, SHAPE, Given, effective

MOST_REVISIONS = 20  # read, for servers that are older than the hub's last change


@dataclass(frozen=True)
class Fact:
    """A person's value for one measure, and the rule it comes from (None: the hub's default)."""

    label: str
    text: str
    rule: UserLimit | None


@dataclass(frozen=True)
class Differing:
    """A server that runs with other limits than its next start would get."""

    user: str
    server: str
    changes: list[tuple[str, str, str]]  # label, has, would get


def facts_of(hub: Hub, name: str) -> list[Fact]:
    """Return the limits of this person now. A few queries."""
    now = timezone.now()
    rows = {rule.pk: rule for rule in hub.user_limits.counting(now).spelled().select_related("author")}
    person = people_of(hub, [name])[name]
    given = effective(hub.spec, [row.as_rule() for row in rows.values()], person, now)
    return [
        Fact(MEASURES[measure].label, MEASURES[measure].text(one.value), rows[one.rule.pk] if one.rule else None)
        for measure, one in given.items()
    ]


def waiting_for(hub: Hub, name: str) -> list[UserLimit]:
    """Return the rules for this person, or their groups, that wait for staff and don't apply yet."""
    rows = list(hub.user_limits.waiting().spelled().select_related("author").order_by("made_at", "pk"))
    person = people_of(hub, [name])[name] if rows else None
    return [row for row in rows if person and person.is_meant(row.as_rule())]


def _started(server: dict[str, Any]) -> datetime | None:
    try:
        moment = parse_datetime(str(server.get("started") or ""))
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _spec_at(specs: list[tuple[datetime, HubSpec]], moment: datetime, hub: Hub) -> HubSpec:
    return next((spec for made, spec in specs if made <= moment), hub.spec)


def _changes(had: dict[str, Given], gets: dict[str, Given]) -> list[tuple[str, str, str]]:
    return [
        (MEASURES[name].label, MEASURES[name].text(had[name].value), MEASURES[name].text(gets[name].value))
        for name in SHAPE
        if had[name].value != gets[name].value
    ]


def differing(hub: Hub, only: str = "") -> list[Differing]:
    """Return servers (of one person) that were started before the limits of their people changed. Based on the portal's
    records: a hub that could not reach the portal may have used older limits. Constant number of queries."""
    rows = [server for server in hub.servers or [] if not only or server.get("user") == only]
    running = [(server, begun) for server in rows if (begun := _started(server))]
    if not running:
        return []
    now, oldest = timezone.now(), min(begun for _, begun in running)
    counted = hub.user_limits.filter(Q(ended_at=None) | Q(ended_at__gt=oldest)).exclude(since=None)
    rules = [row.as_rule() for row in counted]
    revisions = hub.revisions.order_by("-number")[:MOST_REVISIONS]
    specs = [(revision.created_at, revision.spec) for revision in revisions]
    people = people_of(hub, {str(server.get("user", "")) for server, _ in running})
    found = []
    for server, begun in running:
        user = str(server.get("user", ""))
        had = effective(_spec_at(specs, begun, hub), rules, people[user], begun)
        if changes := _changes(had, effective(hub.spec, rules, people[user], now)):
            found.append(Differing(user, str(server.get("name", "")), changes))
    return found

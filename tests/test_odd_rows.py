"""One corrupt row breaks no page that others share: a hub whose stored rows are as bad as a database allows, among good
ones, on every page and API list about more than that hub, and in all scheduled tasks."""

from datetime import UTC, date, datetime
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from hubs.calendar.services import ending, reminders
from hubs.calendar.services import links as calendar_links
from hubs.models import AuditEvent, ChangeRequest, Hub, Organization
from portal.telemetry import measures
from provisioning import tasks

from .callers import caller
from .test_every_url import ALL, ELSEWHERE

pytestmark = pytest.mark.django_db
NAME = "\u202e\U0001f9ea; DROP, \\n\tBEGIN:VEVENT\r\nEND:VCALENDAR <b>&amp;"
EDGE = {"late": (date.max, datetime.max.replace(tzinfo=UTC)), "early": (date.min, datetime.min.replace(tzinfo=UTC))}
ELSE = ("readyz",)  # needs Redis, which no test of this file starts
PLACES = ("organization", "people", "registries", "webhooks", "service-accounts", "invite",
          "api-organization", "api-usage",
          "api-calendar", "api-members", "api-invitations", "api-service", "api-registries")  # fmt: skip
SPECS = {
    "nothing": {},
    "no map": ["a", "list"],
    "other shape": {"version": 99, "about": ["x"], "signIn": None},
    "odd values": {
        "version": 1,
        "about": {"title": NAME, "heads": "many", "starts": "9999-12-31", "ends": "0001-01-01"},
    },
    "surrogate": {"version": 1, "about": {"title": "\ud800", "heads": -1}},
}


def shared() -> dict[str, list[str]]:
    """Return every address about more than one row, with its arguments: none, or an organisation."""
    found: dict[str, list[str]] = {}
    for name, pattern in ALL.items():
        needs = set(pattern.pattern.regex.groupindex)
        if name.startswith((*ELSEWHERE, "live-", "api-live", "admin")) or name in ELSE:
            continue
        if not needs:
            found[name] = []
        elif needs == {"slug"} and name.startswith(PLACES):
            found[name] = ["river"]
    return found


@pytest.fixture(params=list(zip([*EDGE] * 3, SPECS, strict=False)), ids="-".join)
def odd(request, hub, ines, river, ask):
    """A hub, a request and an audit line that today's portal could not create."""
    edge, spec = request.param
    day, moment = EDGE[edge]
    Hub.objects.create(
        organization=river, cluster=river.cluster, slug="good", title="A good one", created_by=ines,
        revision=hub.revision, url="http://localhost/good/", starts_on=date(2026, 1, 1), ends_on=timezone.now().date(),
    )  # fmt: skip
    bad = Hub.objects.create(
        organization=river, cluster=river.cluster, slug="bad", title=NAME, created_by=ines, created_at=moment,
        seats=2**31 - 1, memory_mib=2**62, storage_mib=2**62, starts_on=day, ends_on=day, ended_at=moment,
        keep_files_until=moment, observed_at=moment, status="unheard", conditions=[{}, {"type": 1, "status": []}],
        servers=[{}, {"user": None, "last_activity": 7}],
    )  # fmt: skip
    revision = bad.revisions.create(number=1, data=SPECS[spec], author=ines)
    Hub.objects.filter(pk=bad.pk).update(revision=revision)
    row = ask(ines, river, slug="bad-too")
    ChangeRequest.objects.filter(pk=row.pk).update(
        title=NAME, draft={"about.ends": "x", "strange": "y"}, spec_data=SPECS[spec], hub=bad, state="submitted",
        submitted_at=moment, updated_at=moment, created_at=moment, policy={"findings": "x"},
    )  # fmt: skip
    AuditEvent.objects.create(
        verb="un.heard", subject=NAME, organization="river", hub=bad.uid, changes={"x": 1}, at=moment
    )
    cache.clear()
    return bad


def test_the_list_of_shared_pages_is_found():
    assert {"home", "staff-hubs", "organization", "organization-calendar", "organization-ics", "api-hubs"} <= set(
        shared()
    )


def test_every_shared_page_shows_the_others(odd, as_, ines, stan):
    broken = []
    for user in (ines, stan):
        page, api = as_(user), caller(user)
        for name, needs in shared().items():
            address = reverse(name, args=needs)
            try:
                answer = api("GET", address) if name.startswith("api-") else page.get(address)
            except Exception as error:  # all errors are reported, not only the first
                broken.append((user.username, name, f"{type(error).__name__}: {error}"[:200]))
                continue
            if answer.status_code >= 500:
                broken.append((user.username, name, answer.status_code))
    assert broken == []


def test_the_feed_the_lists_and_the_calendar_have_the_good_ones(odd, as_, ines, stan, river, client):
    feed = client.get(urlsplit(calendar_links.address(calendar_links.renew(organization=river, by=ines))).path)
    assert feed.status_code == 200
    assert "SUMMARY:A good one: last day" in feed.content.decode()
    for user, name in ((ines, "home"), (stan, "staff-hubs"), (ines, "organization-calendar")):
        address = reverse(name, args=["river"] if name == "organization-calendar" else [])
        assert "A good one" in as_(user).get(address).content.decode(), name


def test_scheduled_tasks_go_on(odd):
    now = timezone.now()
    ending.look(now)
    reminders.look(now)
    tasks.end_user_limits()
    measures.due(now)
    assert Organization.objects.count() == 1

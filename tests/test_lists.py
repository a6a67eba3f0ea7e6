"""Lists cost the same however long they are: all lists, found in the code, and measured in steps of the database."""

import importlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse
from django.utils import timezone

from hubs.lists.paging import ordered_page
from hubs.models import (
    AuditEvent,
    ChangeRequest,
    Delivery,
    Hub,
    NamedAdmin,
    Notification,
    RosterEntry,
    SignIn,
    StartingPoint,
    User,
)
from hubs.requests.rules import State
from hubs.requests.services import requests
from hubs.webhooks.services import webhooks

pytestmark = pytest.mark.django_db
FEW, MANY = 120, 480  # hubs, and rows of everything that grows with them; a page has at most 50
MORE = 1.25, 4000  # allowed growth, as a factor and in steps: trees get deeper, and a sort inside a page has other rows
WORDS = ["ready", "ready", "ready", "updating", "stalled", "suspended"]

# Pages by the name of their address, and who opens them. test_every_list_is_measured finds missing ones.
PAGES = {
    "home": ("ines", "helper", "both"),
    "staff-hubs": ("stan",),
    "queue": ("stan",),
    "request-list": ("ines", "stan", "ada"),
    "audit": ("stan",),
    "audit-sign-ins": ("stan",),
    "organization-audit": ("ada",),
    "hub-audit": ("ada",),
    "organization": ("ada", "mia"),
    "organization-list": ("stan", "ines"),
    "organization-calendar": ("ada",),
    "people": ("ada",),
    "hub-people": ("ada",),
    "hub-limits": ("ada",),
    "hub-history": ("ines",),
    "inbox": ("stan",),
    "webhook": ("ada",),
    "registries": ("ada",),
    "image-list": ("stan",),
    "organization-image-list": ("ada",),
    "starting-point-list": ("stan",),
}
SORTED = {
    "home": ["sort=newest", "sort=people", "sort=status"],
    "staff-hubs": ["sort=name", "sort=newest", "sort=looked"],
}


def grow(hub, lake, until: int) -> None:
    """Create rows up to this number of hubs, half of them in each organisation, with the rows that belong to them."""
    start, now = Hub.objects.count(), timezone.now()
    numbers, place = range(start, until), [hub.organization, lake]
    hubs = Hub.objects.bulk_create(
        Hub(organization=place[n % 2], cluster=hub.cluster, created_by=hub.created_by, revision=hub.revision,
            slug=f"hub-{n}", title=f"Hub {n:05}", status=WORDS[n % len(WORDS)], observed_generation=1, seats=n % 40,
            url=f"http://localhost:18000/hub-{n}/", servers=[], observed_at=now, created_at=now + timedelta(seconds=n))
        for n in numbers
    )  # fmt: skip
    RosterEntry.objects.bulk_create(RosterEntry(hub=row, email=f"s{n}@river.example.edu") for n, row in enumerate(hubs))
    NamedAdmin.objects.bulk_create(NamedAdmin(hub=row, email=f"a{n}@river.example.edu") for n, row in enumerate(hubs))
    ChangeRequest.objects.bulk_create(
        ChangeRequest(organization=row.organization, hub=row, kind="create", state=State.APPROVED, title=row.title,
                      requester=row.created_by, submitted_at=now, created_at=row.created_at, updated_at=row.created_at)
        for row in hubs
    )  # fmt: skip
    AuditEvent.objects.bulk_create(
        AuditEvent(verb="hub.retry", subject=row.title, organization=row.organization.slug, hub=uid, at=row.created_at)
        for row in hubs
        for uid in (row.uid, hub.uid)
    )
    for name in ("stan", "ines"):
        person = User.objects.get(username=name)
        Notification.objects.bulk_create(
            Notification(person=person, event=uuid.uuid4(), type="hub.ready", kind="hubs", title=row.title, link="/",
                         button="Look", at=row.created_at, read_at=row.created_at, how="inbox")
            for row in hubs
        )  # fmt: skip
        SignIn.objects.bulk_create(
            SignIn(person=person, how="password", worked=True, window=now, key=uuid.uuid4().hex, last_at=row.created_at)
            for row in hubs
        )
    hook = hub.organization.webhooks.get()
    Delivery.objects.bulk_create(
        Delivery(webhook=hook, event=uuid.uuid4(), type="hub.ready", subject=row.title, body="{}", state="sent")
        for row in hubs
    )


@pytest.fixture
def world(cast, hub, lake, river):
    """Return people by name, and the parameters in the addresses of lists."""
    helper = User.objects.create_user("helper", "helper@elsewhere.example.org", email_verified=True)
    both = User.objects.create_user("both", "both@elsewhere.example.org", email_verified=True)
    lake.memberships.create(user=both, role="instructor")
    for person in (helper, both):
        NamedAdmin.objects.create(hub=hub, email=person.email)
    hook, _ = webhooks.create(
        organization=river, by=cast["ada"], url="https://hooks.example.org/x", types=["hub.ready"]
    )
    asked = ChangeRequest.objects.get(hub=hub)
    of = {"uid": hub.uid, "slug": river.slug, "webhook": str(hook.uid), "point": StartingPoint.objects.first().slug}
    return {**cast, "helper": helper, "both": both}, of, {"uid": str(asked.uid)}


def places(of, of_request) -> Iterator[tuple[str, str]]:
    """Yield (who, address) of each list: pages from the table above, and what the API's document paginates."""
    for name, people in PAGES.items():
        pattern = {key: value for key, value in of.items() if f"<{key}>" in _route(name)}
        for who in people:
            for query in ["", *SORTED.get(name, [])]:
                yield who, f"{reverse(name, kwargs=pattern)}{'?' if query else ''}{query}"
    for path in paginated():
        named = {**of, **(of_request if "/requests/" in path else {})}
        for who in ("ada", "stan") if path.count("{") else ("ines", "stan"):
            yield who, path.format(**named)


def _route(name: str) -> str:
    [(route, *_), *_] = get_resolver().reverse_dict.getlist(name)[0][:1]
    return route[0].replace("%(", "<").replace(")s", ">")


def paginated() -> list[str]:
    document = yaml.safe_load((Path(settings.BASE_DIR) / "docs/openapi.yaml").read_text())
    return [
        path
        for path, methods in document["paths"].items()
        if "Paginated" in str(methods.get("get", {}).get("responses", {}).get("200", ""))
    ]


# These show a sum over hubs, which is computed each time: in SQL, from an index, one number a hub.
SUMS = {
    "/organizations/": "of each organisation on the page what its hubs use of its limits",
    "/organizations/river/": "what its hubs use of its limits",
    "/organizations/river/calendar/": "how many of its hubs have no last day, to 1,000; in which months the others end",
    "/api/v1/clusters/": "how many hubs live in each",
}
STEP = 20


@contextmanager
def steps() -> Iterator[list[int]]:
    """Count the steps of SQLite's virtual machine, STEP at a time: rows that are read, compared or sorted, not time."""
    counted = [0]

    def count() -> int:
        counted[0] += STEP
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, STEP)
    try:
        yield counted
    finally:
        connection.connection.set_progress_handler(None, 0)


def cost(as_, people, lists) -> dict[tuple[str, str], int]:
    found = {}
    clients = {name: as_(person) for name, person in people.items()}
    for who, address in lists:
        clients[who].get(address)  # fills the caches
        with steps() as counted:
            answer = clients[who].get(address)
        if answer.status_code == 200:  # other tests check permissions
            found[who, address] = counted[0]
    return found


@pytest.mark.skipif(connection.vendor != "sqlite", reason="counts the steps of SQLite")
def test_no_list_costs_more_with_more_rows(as_, world, hub, lake):
    people, of, of_request = world
    lists = list(places(of, of_request))
    grow(hub, lake, FEW)
    few = cost(as_, people, lists)
    grow(hub, lake, MANY)
    many = cost(as_, people, lists)
    times, more = MORE
    grown = {place: (few[place], many[place]) for place in few if many[place] > few[place] * times + more}
    grown = {place: numbers for place, numbers in grown.items() if place[1] not in SUMS}
    assert not grown, "\n".join(f"{who} {path}: {a} -> {b}" for (who, path), (a, b) in grown.items())


def test_every_list_is_measured(as_, world):
    people, of, of_request = world
    seen, read = set(), set()
    for who, address in places(of, of_request):
        answer = as_(people[who]).get(address)
        seen |= {template.name for template in getattr(answer, "templates", ())}
        read |= {address} if answer.status_code == 200 else set()
    folder = Path(settings.BASE_DIR) / "templates"
    shown = {path for path in folder.rglob("*.html") if "components/pagination.html" in path.read_text()}
    names = {str(path.relative_to(folder)) for path in shown} - {"styleguide.html"}
    assert names <= seen, f"a list that PAGES does not know: {sorted(names - seen)}"
    everywhere = {address for _, address in places(of, of_request)}
    assert read == everywhere, f"no one may read {sorted(everywhere - read)}"
    for path in (Path(settings.BASE_DIR) / "hubs").rglob("*.py"):
        assert "core.paginator" not in path.read_text(), f"{path} counts all rows and skips to a page"


# --- pages ----------------------------------------------------------------------------------------------------------


@pytest.mark.database
@pytest.mark.parametrize(
    "order",
    [
        ("observed_at", "pk"),
        ("-observed_at", "-pk"),
        ("urgency", "-failures", "title", "pk"),
        ("-seats", "title", "pk"),
        ("organization__name", "title", "pk"),
    ],
)
def test_paging_visits_all_rows_and_goes_back(hub, lake, world, order):
    grow(hub, lake, 23)
    now = timezone.now()
    for n, row in enumerate(Hub.objects.order_by("pk")):  # some alike, some never observed
        Hub.objects.filter(pk=row.pk).update(
            observed_at=None if n % 3 == 0 else now + timedelta(hours=n % 4), failures=n % 2, title=f"Hub {n % 5}"
        )
    rows = Hub.objects.select_related("organization")
    whole = list(rows.order_by(*order))
    found, page = [], ordered_page(rows, 4, {}, *order)
    while True:
        found += page.object_list
        if not page.next:
            break
        page = ordered_page(rows, 4, {"after": page.next}, *order)
    assert found == whole
    back = list(page)
    while page.previous:
        page = ordered_page(rows, 4, {"before": page.previous}, *order)
        back = [row for row in page if row not in back] + back
    assert back == whole
    assert page.first


@pytest.mark.parametrize("address", ["", "x", "WyJ4Il0:1:abc", "%00"])
def test_an_invalid_position_shows_the_first_page(hub, address):
    page = ordered_page(Hub.objects.all(), 4, {"after": address}, "title", "pk")
    assert list(page) == [hub]
    assert page.first


def test_a_position_in_another_order_shows_the_first_page(hub, lake, world):
    grow(hub, lake, 9)
    rows = Hub.objects.all()
    behind = ordered_page(rows, 4, {}, "title", "pk").next
    assert not ordered_page(rows, 4, {"after": behind}, "title", "pk").first
    assert ordered_page(rows, 4, {"after": behind}, "-title", "-pk").first


# --- plans ----------------------------------------------------------------------------------------------------------


def scans(as_, person, address) -> list[str]:
    """Return queries of a page for which the database would read all hubs, or sort them, with each plan."""
    client = as_(person)
    client.get(address)
    with CaptureQueriesContext(connection) as caught:
        assert client.get(address).status_code == 200
    found = []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for cheap in ("seqscan", "sort", "bitmapscan"):  # plans for few rows
                cursor.execute(f"SET LOCAL enable_{cheap} = off")
        for query in caught.captured_queries:
            if not query["sql"].startswith("SELECT"):
                continue
            if connection.vendor == "postgresql":
                cursor.execute(f"EXPLAIN {query['sql']}")
                plan = [row[0] for row in cursor.fetchall()]
                page_of_hubs = 'FROM "hubs_hub"' in query["sql"] and " LIMIT " in query["sql"]
                all_read = [line for line in plan if "Seq Scan on hubs_hub" in line
                            or (page_of_hubs and "Sort  (" in line)]  # fmt: skip
            else:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql'].replace('%', '%%')}")
                plan = [row[3] for row in cursor.fetchall()]
                all_read = [line for line in plan if line.startswith("SCAN hubs_hub") and "INDEX" not in line]
            found += [f"{line}: {query['sql'][:200]}" for line in all_read]
    return found


@pytest.mark.database
@pytest.mark.parametrize("who", ["ines", "stan", "helper", "both"])
def test_no_list_of_hubs_reads_them_all(as_, world, hub, lake, who):
    people, *_ = world
    grow(hub, lake, 40)
    addresses = ["/", "/?sort=newest", "/?sort=people", "/api/v1/hubs/", "/api/v1/hubs/?sort=title"]
    if who == "stan":
        addresses = addresses[3:] + [f"/staff/hubs/?sort={sort}" for sort in ("", "name", "newest", "looked")]
    for address in addresses:
        assert not scans(as_, people[who], address), address


# --- page and API ---------------------------------------------------------------------------------------------------


def test_page_and_api_find_the_same(as_, world, hub):
    people, *_ = world
    Hub.objects.filter(pk=hub.pk).update(paused_at=timezone.now())
    for who, page, api, query, many in [
        ("stan", "request-list", "requests/", "q=duarte", 1),
        ("stan", "request-list", "requests/", "q=okafor", 0),
        ("stan", "staff-hubs", "hubs/", "status=paused", 1),
        ("stan", "staff-hubs", "hubs/", "status=stalled", 0),
        ("stan", "organization-list", "organizations/", "q=RIVER", 1),
    ]:
        client = as_(people[who])
        assert len(client.get(f"{reverse(page)}?{query}").context["page"]) == many, (page, query)
        assert len(client.get(f"/api/v1/{api}?{query}").json()["results"]) == many, (api, query)


def test_hub_admins_are_found_by_the_current_revision(hub, ines):
    def named(text):
        row = requests.begin_change(reason="For it.", hub=hub, by=ines, values={"signIn.adminUsers": text})
        requests.submit(request=row, by=ines)
        hub.refresh_from_db()
        return sorted(hub.named_admins.values_list("email", flat=True))

    assert named("one@elsewhere.example.org, ines") == ["one@elsewhere.example.org"], "a user name is no address"
    assert named("two@elsewhere.example.org") == ["two@elsewhere.example.org"]
    assert named("") == []


def test_the_migration_copies_what_current_specs_name(hub, ines):
    row = requests.begin_change(
        reason="For it.", hub=hub, by=ines, values={"signIn.adminUsers": "one@elsewhere.example.org, ines"}
    )
    requests.submit(request=row, by=ines)
    NamedAdmin.objects.all().delete()
    for _ in range(2):  # an interrupted migration starts again
        importlib.import_module("hubs.migrations.0034_flat_lists").copy_admins(apps, None)
        assert list(NamedAdmin.objects.values_list("hub", "email")) == [(hub.pk, "one@elsewhere.example.org")]

"""The hub lists: who sees which hubs, in which order, and what they can do first."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs.hub.services import hubs as hub_services
from hubs.models import Hub, HubRevision, RosterEntry, User
from hubs.requests.services import decisions, requests

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(hub, lake):
    """Create rows of hubs like Ines' directly: `many(300, Lake)`."""

    def make(count, organization=None, **values):
        start = Hub.objects.count()
        rows = [
            Hub(
                organization=organization or hub.organization, cluster=hub.cluster, created_by=hub.created_by,
                slug=f"hub-{start + n}", title=f"Hub {start + n:04}", status="ready", observed_generation=1,
                url=f"http://localhost:18000/hub-{start + n}/", servers=[], **values,
            )
            for n in range(count)
        ]  # fmt: skip
        Hub.objects.bulk_create(rows)
        revisions = [HubRevision(hub=row, number=1, data=hub.revision.data, author=hub.created_by) for row in rows]
        HubRevision.objects.bulk_create(revisions)
        for revision in revisions:
            revision.hub.revision = revision
        Hub.objects.bulk_update(rows, ["revision"])
        return rows

    return make


def text(response):
    return response.content.decode()


def queries(client, address):
    client.get(address)  # fills the caches
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(address).status_code == 200
    return len(found)


def test_each_role_sees_its_hubs(as_, cast, ready_hub, many, lake):
    many(1, lake, created_at=timezone.now())
    student = User.objects.create_user("student", "student@river.example.edu", email_verified=True)
    seen = {name: text(as_(user).get("/", follow=True)) for name, user in {**cast, "student": student}.items()}
    assert "Statistics 101" in seen["stan"]
    for name in ("ada", "omar", "ines", "mia"):
        assert "Statistics 101" in seen[name], name
        assert ("Ines Duarte · 0 of 30 people" in seen[name]) == (name != "mia"), "a member sees no configuration"
    assert "Hub 0001" in seen["zoe"]
    assert "Hub 0001" in seen["stan"]
    assert "Statistics 101" not in seen["zoe"] + seen["student"]
    assert "Hub 0001" not in seen["ines"]


def test_a_student_on_the_list_finds_the_hub_and_opens_it_in_a_new_tab(as_, ready_hub):
    student = User.objects.create_user("student", "student@river.example.edu", email_verified=True)
    assert "You don’t have access to a hub yet" in text(as_(student).get("/"))
    RosterEntry.objects.create(hub=ready_hub, email="student@river.example.edu")
    page = text(as_(student).get("/"))
    assert "Statistics 101" in page
    assert 'target="_blank" rel="noopener noreferrer"' in page
    User.objects.filter(pk=student.pk).update(email_verified=False)
    student.refresh_from_db()
    assert "Statistics 101" not in text(as_(student).get("/")), "an unconfirmed address gives no access"


@pytest.mark.database
def test_a_hub_admin_named_in_the_configuration_finds_the_hub(as_, hub, ines, river):
    helper = User.objects.create_user("helper", "helper@elsewhere.example.org", email_verified=True)
    other = User.objects.create_user("other", "per@elsewhere.example.org", email_verified=True)
    row = requests.begin_change(
        reason="For the course.", hub=hub, by=ines, values={"signIn.adminUsers": "helper@elsewhere.example.org"}
    )
    requests.submit(request=row, by=ines)
    assert "Statistics 101" in text(as_(helper).get("/"))
    assert "Statistics 101" not in text(as_(other).get("/")), "the end of an address is not the address"


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ("ines", "Request your first hub"),
        ("mia", "Your organisation has no hubs yet"),
        ("stan", "New hubs appear here when their requests are approved"),
    ],
)
def test_an_empty_page_says_what_to_do_first(who, words, as_, cast):
    page = text(as_(cast[who]).get("/", follow=True))
    assert words in page
    assert 'name="sort"' not in page, "nothing to filter or to sort"


def test_organisations_are_a_filter_only_where_there_are_several(as_, ready_hub, lake, omar, stan):
    assert 'name="sort"' in text(as_(omar).get("/"))
    assert 'name="organization"' not in text(as_(omar).get("/"))
    rows = {"cluster": ready_hub.cluster, "created_by": ready_hub.created_by, "revision": ready_hub.revision}
    lake.hub_set.create(slug="lake-hub", title="Lakes", **rows)
    assert 'name="organization"' in text(as_(stan).get("/", follow=True))


def test_requests_that_need_my_action_are_on_top(as_, ines, stan, ask, river):
    draft = ask(ines, river, slug="draft-1", **{"about.title": "My draft"})
    big = requests.submit(request=ask(ines, river, slug="big", **{"about.heads": "900"}), by=ines)
    page = text(as_(ines).get("/"))
    assert page.index("Unfinished requests") < page.index("My draft")
    assert "1 needs review" in text(as_(stan).get("/", follow=True))
    assert "My draft" not in text(as_(stan).get("/", follow=True))
    decisions.send_back(request=big, by=stan, reason="How many come really?")
    page = text(as_(ines).get("/"))
    assert page.index("Changes requested") < page.index("My draft"), "what staff sent back comes first"
    assert "needs review" not in text(as_(stan).get("/", follow=True))
    assert draft.title == "My draft"


@pytest.mark.database
def test_search_filter_and_order(as_, stan, ready_hub, many, lake):
    many(2, lake)
    Hub.objects.filter(slug="hub-2").update(status="stalled", seats=500)
    get = partial(as_(stan).get, follow=True)
    assert "Statistics 101" not in text(get("/?q=HUB-2"))
    assert "Hub 0002" in text(get("/?q=HUB-2"))
    assert "Hub 0002" not in text(get("/?q=statist"))
    only = text(get("/?status=stalled"))
    assert "Hub 0002" in only
    assert "Hub 0001" not in only
    assert "Statistics 101" not in text(get("/?organization=lake"))
    for order in ("status", "people"):
        page = text(get(f"/?organization=lake&sort={order}"))
        assert page.index("Hub 0002") < page.index("Hub 0001"), order
    assert "No matching hubs" in text(get("/?q=nothing-is-called-so"))


@pytest.mark.database
@pytest.mark.parametrize("query", ["sort=x&status=y&organization=z&page=abc", "q=%00", "page=-7", "q=" + "x" * 5000])
def test_invalid_filters_are_ignored(query, as_, stan, hub):
    for address in ("/", reverse("staff-hubs")):
        assert as_(stan).get(f"{address}?{query}", follow=True).status_code == 200


def test_the_page_belongs_to_one_organisation_after_the_other(as_, stan, ready_hub, many, lake):
    many(1, lake)
    for place in (lake, ready_hub.organization):
        place.memberships.create(user=stan, role="owner")
    page = text(as_(stan).get("/"))
    assert page.index("Lake College</h2>") < page.index("Hub 0001") < page.index("River University</h2>")


def test_retired_hubs_are_shown_only_on_request(as_, ines, ready_hub):
    Hub.objects.filter(pk=ready_hub.pk).update(desired_state="retired", status="retired", retired_at=timezone.now())
    assert "Statistics 101" not in text(as_(ines).get("/"))
    page = text(as_(ines).get("/?status=retired"))
    assert "Statistics 101" in page
    assert "Open<" not in page


def test_a_hub_that_can_not_be_opened_has_no_open_link(as_, ines, ready_hub):
    assert ready_hub.url in text(as_(ines).get("/"))
    hub_services.suspend(hub=ready_hub, by=ines)
    page = text(as_(ines).get("/"))
    assert "Suspending" in page
    assert f'href="{ready_hub.url}"' not in page


def test_live_rows_are_a_fragment_of_the_same_page(as_, ines, ready_hub):
    client = as_(ines)
    whole = text(client.get("/"))
    assert 'data-live="/live/hubs/?since=' in whole
    part = text(client.get("/", headers={"HX-Request": "true", "HX-Target": "rows"}))
    assert part.strip().startswith("<div")
    assert "Statistics 101" in part
    assert "<html" not in part


def test_queries_and_pages_do_not_grow(as_, ines, stan, ready_hub, many):
    addresses = {ines: ["/", "/?sort=people&q=hub"], stan: [reverse("staff-hubs")]}
    many(2)
    few = [queries(as_(user), address) for user, pages in addresses.items() for address in pages]
    many(297)
    assert [queries(as_(user), address) for user, pages in addresses.items() for address in pages] == few
    assert max(few) < 20
    page = as_(ines).get("/")
    assert text(page).count('class="hub-row"') == 25
    behind = page.context["page"].next
    assert text(as_(ines).get("/", {"after": behind})).count('class="hub-row"') == 25
    assert queries(as_(ines), f"/?after={behind}") <= few[0]


def test_the_fleet_shows_problems_first_and_is_for_staff(as_, stan, ines, ready_hub, many, lake):
    many(3)
    Hub.objects.filter(slug="hub-3").update(status="stalled", failures=7)
    Hub.objects.filter(slug="hub-2").update(status="unknown", failures=2)
    Hub.objects.filter(slug="hub-1").update(observed_at=timezone.now() - timedelta(hours=3))
    address = reverse("staff-hubs")
    assert as_(ines).get(address).status_code == 404
    page = text(as_(stan).get(address))
    assert page.index("Hub 0003") < page.index("Hub 0002") < page.index("Hub 0001")
    assert "4 hubs in all organisations · those that need attention first" in page
    assert '<a href="/staff/hubs/?status=attention">2 hubs need attention</a>' in page
    found = text(as_(stan).get(f"{address}?status=attention"))
    assert found.count('id="hub-') == 2
    assert "7 failures in a row" in found
    assert '<option value="paused"' not in found, "it is no status"
    assert "attention first" not in text(as_(stan).get(f"{address}?sort=name"))
    Hub.objects.update(status="ready")
    assert "No hub needs attention." in " ".join(text(as_(stan).get(address)).split())
    Hub.objects.filter(slug="hub-3").update(status="stalled")
    assert "3 hours ago" in page
    assert "Hub 0003" not in text(as_(stan).get(f"{address}?status=ready"))
    assert "No matching hubs" in text(as_(stan).get(f"{address}?organization=lake"))
    assert "Hub 0003" in text(as_(stan).get(f"{address}?cluster=here"))


def test_staff_have_a_second_list_of_hubs_only_with_an_organisation_of_their_own(as_, stan, ready_hub, many, lake):
    many(1, lake)
    page = text(as_(stan).get(reverse("hub", args=[ready_hub.uid])))
    assert '<a href="/staff/hubs/">Hubs</a>' in page, "the way back"
    assert '<a class="nav-link current" href="/staff/hubs/"' in page
    assert "Hubs of your organisations" not in page
    ready_hub.organization.memberships.create(user=stan, role="admin")
    own = text(as_(stan).get("/"))
    assert "Hubs of your organisations" in own
    assert "Statistics 101" in own
    assert "Hub 0001" not in own


def test_a_fleet_without_hubs_says_where_to_begin(as_, stan):
    assert "No hubs yet" in text(as_(stan).get(reverse("staff-hubs")))

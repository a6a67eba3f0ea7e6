"""Copying a hub, and comparing two hubs side by side."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from hubs.errors import Invalid
from hubs.hub.services import copies
from hubs.models import ChangeRequest, Hub, HubSecret, Membership, RosterEntry
from hubs.requests.services import requests
from hubs.spec import from_draft, to_draft
from tests.words import ONE_OF_YOURS

pytestmark = pytest.mark.django_db
STARTS, ENDS = (date.today() + timedelta(days=days) for days in (-90, 60))


def text(response):
    return response.content.decode()


def url(name, hub, **query):
    return reverse(name, args=[hub.uid])


def copy(client, hub, **data):
    return client.post(url("hub-copy", hub), {"organization": "river", "title": "Statistics 102", **data})


@pytest.fixture
def full_hub(ready_hub, ines, mia):
    """A hub with people on its roster, hub admins by name, dates and a secret."""
    values = {"about.starts": str(STARTS), "about.ends": str(ENDS), "signIn.adminUsers": "mia"}
    requests.submit(
        request=requests.begin_change(reason="For the course.", hub=ready_hub, by=ines, values=values), by=ines
    )
    hub = Hub.objects.get(pk=ready_hub.pk)
    RosterEntry.objects.create(hub=hub, user=mia, role="admin")
    RosterEntry.objects.create(hub=hub, email="guest@elsewhere.example.org")
    HubSecret.objects.create(hub=hub, name="values:hub.config.X.client_secret", value="hidden")
    return hub


def made(row, by):
    """Return the hub that a draft becomes."""
    row = requests.save(request=row, by=by, values={}, slug="statistics-102")
    return requests.submit(request=row, by=by).hub


# --- copy -------------------------------------------------------------------------------------------------------------
def test_a_copy_is_a_draft_with_everything_that_is_configured(as_, ines, full_hub):
    page = text(as_(ines).get(url("hub-copy", full_hub)))
    starts, ends = copies.next_dates(full_hub.spec)
    assert f'value="{starts}"' in page, "half a year later"
    assert f'value="{ends}"' in page
    response = copy(as_(ines), full_hub)
    row = ChangeRequest.objects.get(state="draft")
    assert response["Location"] == reverse("request-edit", args=[row.uid, "about"])
    before = to_draft(full_hub.spec)
    differs = {path for path, words in row.draft.items() if before.get(path) != words}
    assert differs == {"about.title", "about.starts", "about.ends", "signIn.adminUsers", "slug"}
    assert (row.kind, row.slug, row.hub) == ("create", "", None)
    hub = made(row, ines)
    assert hub.roster.count() == 0, "a new class has new people"
    assert not hub.secrets.exists()
    assert full_hub.roster.count() == 2


def test_people_and_admins_are_copied_on_request(as_, ines, full_hub):
    copy(as_(ines), full_hub, people="on", admins="on")
    row = ChangeRequest.objects.get(state="draft")
    assert row.draft["signIn.adminUsers"] == "mia"
    hub = made(row, ines)
    assert set(hub.roster.values_list("user__username", "email", "role")) == {
        ("mia", "", "admin"), (None, "guest@elsewhere.example.org", "user"),
    }  # fmt: skip


def test_people_who_no_longer_run_the_hub_copy_no_people(ines, ada, full_hub, river):
    row = copies.begin_copy(
        hub=full_hub, organization=river, by=ines, title="Mine now", starts=None, ends=None, people=True, admins=False
    )
    Hub.objects.filter(pk=full_hub.pk).update(created_by=ada)
    row = ChangeRequest.objects.get(pk=row.pk)
    assert made(row, ines).roster.count() == 0


def test_people_stay_in_their_organisation(as_, ines, full_hub, lake):
    Membership.objects.create(organization=lake, user=ines, role="instructor")
    response = copy(as_(ines), full_hub, organization="lake", people="on")
    assert response.status_code == 422
    assert "within the same organisation" in text(response)
    assert copy(as_(ines), full_hub, organization="lake").status_code == 302
    assert ChangeRequest.objects.get(state="draft").organization == lake


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"title": ""}, "Enter a name."),
        ({"organization": "lake"}, ONE_OF_YOURS),
        ({"starts": str(ENDS), "ends": str(ENDS - timedelta(days=1))}, "The last day is before the first day."),
        ({"starts": "soon"}, "Enter a valid date"),
    ],
)
def test_errors_are_shown_and_nothing_is_created(as_, ines, full_hub, lake, data, said):
    before = ChangeRequest.objects.count()
    response = copy(as_(ines), full_hub, **data)
    assert response.status_code == 422
    assert said in text(response)
    assert ChangeRequest.objects.count() == before


def test_a_name_that_cannot_be_stored_is_refused(ines, full_hub, river):
    with pytest.raises(Invalid):
        copies.begin_copy(hub=full_hub, organization=river, by=ines, title="a\0b", starts=None, ends=None, people=False,
                          admins=False)  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-09-01", "2027-01-31", (date(2027, 3, 2), date(2027, 8, 1))),
        ("2026-09-01", "2027-06-30", (date(2027, 8, 31), date(2028, 6, 28))),
        ("", "2027-06-30", (None, None)),
        ("", "", (None, None)),
    ],
)
def test_the_next_time_begins_after_the_last(first, last, expected):
    spec = from_draft({"about.title": "Any hub", "about.starts": first, "about.ends": last})
    found = copies.next_dates(spec)
    if spec.about.ends and found[0]:
        assert found[0] > spec.about.ends
    assert found == expected


# --- compare ----------------------------------------------------------------------------------------------------------
def test_two_hubs_side_by_side(as_, ines, mia, full_hub, ask, river):
    other = requests.submit(
        request=ask(ines, river, slug="other", **{"about.title": "Other one", "singleuser.memory.limit": "2"}), by=ines
    ).hub
    page = text(as_(ines).get(url("hub-compare", full_hub), {"with": other.uid}))
    assert "Other one" in page
    assert "1 GiB" in page
    assert "2 GiB" in page
    assert "Choose one" not in page
    assert as_(ines).get(url("hub-compare", full_hub), {"with": full_hub.uid}).status_code == 200


def test_people_compare_only_hubs_that_they_may_see(as_, ines, ada, zoe, full_hub, ask, lake):
    lake_hub = requests.submit(request=ask(zoe, lake, slug="lake-hub", **{"about.title": "By the lake"}), by=zoe).hub
    assert lake_hub.title not in text(as_(ada).get(url("hub-compare", full_hub)))
    for uid in (lake_hub.uid, "nonsense"):
        assert as_(ines).get(url("hub-compare", full_hub), {"with": uid}).status_code == 404

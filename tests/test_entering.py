"""People who are not on a hub's roster see neither who works there nor a way in: for every role, way to sign in and
place where either could appear (pages, lists, API, fragments, live stream)."""

import json

import pytest
from django.urls import reverse

from hubs import access
from hubs.access import Permission
from hubs.live.api import _hub as told_live
from hubs.models import Hub, HubRevision, RosterEntry, User
from hubs.roster.queries.entering import enterable

from .callers import caller

pytestmark = pytest.mark.django_db
ROLES = ("ines", "ivo", "mia", "omar", "ada", "stan", "student", "zoe")
# ivo is an instructor who did not create the hub
MAY_OPEN = {"": {"ines", "omar", "ada", "student"}, "listed": {"ines", "omar", "ada", "student", "ivo", "mia", "stan"}}
SEES_PEOPLE = {"": {"ines", "omar", "ada", "stan"}, "listed": {"ines", "omar", "ada", "stan", "ivo"}}
WORKER = "worker-of-this-hub"


@pytest.fixture
def people(cast, ivo, ready_hub):
    student = User.objects.create_user("student", "student@river.example.edu", email_verified=True)
    RosterEntry.objects.create(hub=ready_hub, email="student@river.example.edu")
    row = {"user": WORKER, "name": "", "ready": True, "started": None, "last_activity": "2026-01-01T00:00:00Z"}
    Hub.objects.filter(pk=ready_hub.pk).update(servers=[row])
    return {**cast, "ivo": ivo, "student": student}


@pytest.fixture(params=["", "listed"])
def listed(request, people, ready_hub):
    """Only the student is on the roster, or people of the organisation and staff are, too."""
    if request.param:
        for name in ("ivo", "mia", "stan"):
            RosterEntry.objects.create(hub=ready_hub, user=people[name])
    return request.param


def seen_by(client, hub):
    """Return all pages that show the hub: its own page, its live fragment, and the lists."""
    own = client.get(reverse("hub", args=[hub.uid]))
    parts = client.get(reverse("hub", args=[hub.uid]), headers={"HX-Request": "true", "HX-Target": "now"})
    lists = [client.get(reverse("home")), client.get(reverse("organization", args=["river"])),
             client.get(reverse("profile"))]  # fmt: skip
    return [one.content.decode() for one in (own, parts, *lists) if one.status_code == 200]


@pytest.mark.parametrize("name", ROLES)
def test_no_page_shows_who_works_there_or_a_way_in(as_, people, ready_hub, listed, name):
    shown = "".join(seen_by(as_(people[name]), ready_hub))
    ways = [f'id="hub-{ready_hub.uid}-open"' in shown, 'id="hub-open-link"' in shown]
    assert ways == [name in MAY_OPEN[listed]] * 2
    assert (WORKER in shown) == (name in SEES_PEOPLE[listed])


@pytest.mark.parametrize("name", sorted(set(ROLES) - {"zoe"}))
def test_no_answer_of_the_api_shows_it(people, ready_hub, listed, name):
    call = caller(people[name])
    rows = call("GET", f"hubs/{ready_hub.uid}/servers/").json()
    assert bool(rows) == (name in SEES_PEOPLE[listed])
    whole = call("GET", f"hubs/{ready_hub.uid}/").json()
    assert whole["mayOpen"] == (name in MAY_OPEN[listed])
    if name not in SEES_PEOPLE[listed]:
        paths = ("", "dates/", "runs/", "revisions/", "usage/", "servers/", "profiles/", "content-link/")
        told = [call("GET", f"hubs/{ready_hub.uid}/{path}") for path in paths] + [call("GET", "hubs/")]
        assert WORKER not in "".join(one.content.decode() for one in told)


def test_the_live_stream_names_no_working_person(people, ready_hub):
    assert WORKER not in told_live(ready_hub.pk)
    assert "servers" not in json.loads(told_live(ready_hub.pk).split("data: ")[1])


@pytest.mark.parametrize("method", ["portal", "shared-password", "github", "tmp"])
@pytest.mark.parametrize("named", [[], ["mia"], ["student@river.example.edu"], ["zoe"]])
def test_lists_have_the_hubs_that_a_person_may_enter(people, ready_hub, listed, method, named):
    row = HubRevision.objects.get(pk=ready_hub.revision_id)
    data = row.data | {"signIn": row.data["signIn"] | {"method": method, "adminUsers": named}}
    HubRevision.objects.filter(pk=row.pk).update(data=data)
    hub = Hub.objects.select_related("revision", "organization").get(pk=ready_hub.pk)
    for user in people.values():
        alone = Permission.OPEN in access.on_hub(user, hub)
        if access.on_hub(user, hub):
            assert (hub.pk in enterable(user, [hub])) == alone, user.username


def test_a_list_costs_the_same_whatever_is_on_it(people, ready_hub, ines, django_assert_num_queries):
    rows = list(Hub.objects.select_related("revision")) * 40
    with django_assert_num_queries(2):
        enterable(ines, rows)

"""Organisations in the API: limits, previews of limits, clusters, dates and registries."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubs.models import AuditEvent, Cluster, Hub, Organization, RegistryLogin
from hubs.organizations import services
from hubs.requests.services import requests as request_services

from .callers import caller, errors

pytestmark = pytest.mark.django_db
RIVER = "organizations/river/"
LIMITS = f"{RIVER}limits/"
SECRET = "s3cret-of-the-registry"


def verbs():
    return list(AuditEvent.objects.order_by("pk").exclude(verb__startswith="token.").values_list("verb", flat=True))


# --- the list -------------------------------------------------------------------------------------------------------
def test_people_see_their_organisations_with_their_role_and_staff_see_all(ines, zoe, stan, river):
    mine = caller(ines)("GET", "organizations/").json()["results"]
    assert [(row["slug"], row["role"], row["cluster"]) for row in mine] == [("river", "instructor", "here")]
    assert caller(zoe)("GET", "organizations/?q=river").json()["results"] == []
    staff = caller(stan)
    assert [row["slug"] for row in staff("GET", "organizations/").json()["results"]] == ["lake", "river"]
    assert [row["slug"] for row in staff("GET", "organizations/?q=RIVER").json()["results"]] == ["river"]
    assert staff("GET", RIVER).json()["role"] is None
    assert caller(ines)("GET", RIVER).json()["self"].endswith("/api/v1/organizations/river/")


@pytest.mark.parametrize(
    "path",
    ["organizations/", f"{RIVER}members/", f"{RIVER}invitations/", f"{RIVER}registries/", f"{RIVER}calendar/",
     f"{RIVER}usage/", "clusters/", "starting-points/", "starting-points/class/versions/", f"{RIVER}audit/"],
)  # fmt: skip
def test_lists_cost_the_same_however_long_they_are(path, stan, ada, river, ready_hub, cluster):
    call, costs = caller(stan), []
    Hub.objects.update(ends_on="2031-01-31")
    for number in range(3):
        row = Cluster.objects.create(slug=f"more-{number}", name=f"More {number}", runtime="memory")
        services.create(by=stan, slug=f"more-{number}", name=f"More {number}", cluster=row, owner=ada)
        services.invite(organization=river, by=ada, role="member")
        RegistryLogin.objects.create(organization=river, host=f"r{number}.example", username="u", password="p",
                                     set_by=ada)  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            assert call("GET", path).status_code == 200
        costs.append(len(queries))
    assert costs[1] == costs[2] <= 6, [query["sql"] for query in queries]


# --- creating -------------------------------------------------------------------------------------------------------
def test_staff_create_an_organisation_once_however_often_it_is_sent(stan, mia, cluster):
    call, body = caller(stan), {"slug": "hill", "name": "Hill School", "cluster": "here", "owner": "mia"}
    first = call("POST", "organizations/", body, Idempotency_Key="hill")
    assert (first.status_code, first.json()["name"]) == (201, "Hill School")
    again = call("POST", "organizations/", body, Idempotency_Key="hill")
    assert (again.status_code, again.json()) == (201, first.json())
    assert Organization.objects.get(slug="hill").memberships.get().user == mia
    assert verbs() == ["organization.create"]


@pytest.mark.parametrize(
    ("more", "field"),
    [({"slug": "No!"}, "slug"), ({"slug": "river"}, "slug"), ({"name": " "}, "name"), ({"cluster": "moon"}, "cluster"),
     ({"owner": "nobody"}, "owner"), ({"color": "red"}, "color")],
)  # fmt: skip
def test_errors_of_a_new_organisation_are_reported_by_field(more, field, stan, river):
    answer = caller(stan)("POST", "organizations/", {"slug": "hill", "name": "Hill", "cluster": "here", **more})
    assert set(errors(answer)) == {field}
    assert Organization.objects.count() == 1


# --- limits ---------------------------------------------------------------------------------------------------------
def test_limits_are_changed_only_by_who_read_the_latest(stan, sue, river):
    call, other = caller(stan), caller(sue)
    read = call("GET", LIMITS)
    assert read.json()["totalMemoryMib"] == 200 * 1024
    wanted = {**read.json(), "hubs": 9}
    errors(call("PUT", LIMITS, wanted), 428)
    saved = call("PUT", LIMITS, wanted, If_Match=read["ETag"])
    assert (saved.status_code, saved.json()["hubs"]) == (200, 9)
    errors(other("PUT", LIMITS, {**wanted, "hubs": 2}, If_Match=read["ETag"]), 412)
    assert other("PUT", LIMITS, {**wanted, "hubs": 7}, If_Match=saved["ETag"]).status_code == 200
    assert Organization.objects.get(slug="river").hubs == 7
    assert verbs() == ["organization.limits"] * 2


@pytest.mark.parametrize("who", ["ada", "omar", "ines"])
def test_instructors_and_admins_read_limits_and_only_staff_change_them(who, cast, river):
    call = caller(cast[who])
    read = call("GET", LIMITS)
    assert read.status_code == 200
    errors(call("PUT", LIMITS, {**read.json(), "hubs": 99}, If_Match=read["ETag"]), 403)
    errors(call("POST", f"{LIMITS}preview/", read.json()), 403)
    errors(call("PUT", f"{RIVER}cluster/", {"cluster": "here"}), 403)
    assert Organization.objects.get(slug="river").hubs == 5


@pytest.mark.parametrize(
    ("field", "value"),
    [("hubs", -1), ("hubs", 10_001), ("usersPerHub", 100_001), ("memoryPerUserMib", 127), ("cpuPerUser", 0.01),
     ("cpuPerUser", "NaN"), ("totalMemoryMib", 1024**3 + 1), ("autoApprove", "maybe"), ("hubs", None)],
)  # fmt: skip
def test_limits_out_of_range_are_reported_by_field_as_on_pages(field, value, stan, river):
    call = caller(stan)
    read = call("GET", LIMITS)
    answer = call("PUT", LIMITS, {**read.json(), field: value}, If_Match=read["ETag"])
    assert set(errors(answer)) == {field}
    assert call("GET", LIMITS).json() == read.json()


def test_a_preview_shows_what_other_limits_would_have_decided(stan, ines, river, ask, ready_hub, waiting):
    call = caller(stan)
    limits = {**call("GET", LIMITS).json(), "usersPerHub": 10}
    found = call("POST", f"{LIMITS}preview/", limits).json()
    assert (found["lookedAt"], found["now"], found["then"]) == (2, 1, 0)
    one = found["differing"][0]
    assert (one["title"], one["aloneNow"], one["aloneThen"]) == ("Statistics 101", True, False)
    assert "above the limit of River University" in one["reasons"][0]
    assert Organization.objects.get(slug="river").users_per_hub == 50, "nothing is saved"
    assert set(errors(call("POST", f"{LIMITS}preview/", {**limits, "hubs": -1}))) == {"hubs"}


def test_how_much_of_the_limits_is_used(ivo, ready_hub):
    hubs, memory = caller(ivo)("GET", f"{RIVER}usage/").json()
    assert (hubs["name"], hubs["used"], hubs["limit"]) == ("hubs", 1, 5)
    assert (memory["name"], memory["used"]) == ("total_memory_mib", ready_hub.memory_mib)


# --- clusters and dates ---------------------------------------------------------------------------------------------
def test_new_hubs_are_created_on_another_cluster(stan, river, teaching):
    Cluster.objects.filter(slug="teaching").update(healthy=True)
    call = caller(stan)
    moved = call("PUT", f"{RIVER}cluster/", {"cluster": "teaching"})
    assert (moved.status_code, moved.json()["cluster"]) == (200, "teaching")
    Cluster.objects.filter(slug="here").update(open=False)
    assert set(errors(call("PUT", f"{RIVER}cluster/", {"cluster": "here"}))) == {"cluster"}
    assert Organization.objects.get(slug="river").cluster.slug == "teaching"


def test_the_days_of_its_hubs(mia, ready_hub, ask, ines, river):
    call = caller(mia)
    assert call("GET", f"{RIVER}calendar/").json()["results"] == [], "without days it is in no calendar"
    Hub.objects.filter(pk=ready_hub.pk).update(starts_on="2031-01-10", ends_on="2031-06-30")
    found = call("GET", f"{RIVER}calendar/").json()["results"]
    assert [(row["hub"], row["startsOn"], row["endsOn"], row["retiresOn"]) for row in found] == [
        (ready_hub.uid, "2031-01-10", "2031-06-30", None)
    ]
    for window, there in (
        ("from=2031-06-30", 1), ("from=2031-07-01", 0), ("to=2031-01-10", 1), ("to=2031-01-09", 0),
        ("from=2031-02-01&to=2031-02-02", 1),
    ):  # fmt: skip
        assert len(call("GET", f"{RIVER}calendar/?{window}").json()["results"]) == there, window
    assert set(errors(call("GET", f"{RIVER}calendar/?from=soon"))) == {"from"}
    file = call("GET", f"{RIVER}calendar.ics")
    assert file["Content-Type"].startswith("text/calendar")
    assert "DTSTART;VALUE=DATE:20310630" in file.content.decode()


# --- registries -----------------------------------------------------------------------------------------------------
def test_a_registrys_password_is_written_and_never_answered(omar, river):
    call, one = caller(omar), f"{RIVER}registries/Registry.Example.org/"
    kept = call("PUT", one, {"username": "robot", "password": SECRET})
    assert kept.status_code == 200
    assert (kept.json()["host"], kept.json()["accepted"]) == ("registry.example.org", None)
    assert call("PUT", one, {"username": "robot-2", "password": SECRET}).json()["setBy"] == "omar"
    listed = call("GET", f"{RIVER}registries/")
    assert [row["username"] for row in listed.json()["results"]] == ["robot-2"]
    for told in (kept.content, listed.content, str(list(AuditEvent.objects.values())).encode()):
        assert SECRET.encode() not in told
    assert RegistryLogin.objects.get().password == SECRET
    assert call("DELETE", one).status_code == 204
    errors(call("DELETE", one), 404)
    assert verbs() == ["registry.set", "registry.set", "registry.remove"]


@pytest.mark.parametrize(
    ("host", "body", "field"),
    [("no host", {"username": "u", "password": "p"}, "host"),
     ("registry.example.org", {"username": "u:v", "password": "p"}, "username"),
     ("registry.example.org", {"username": "u", "password": ""}, "password"),
     ("registry.example.org", {"username": "u"}, "password")],
)  # fmt: skip
def test_errors_of_a_registry_are_reported_by_field(host, body, field, ada, river):
    answer = caller(ada)("PUT", f"{RIVER}registries/{host}/", body)
    assert set(errors(answer)) == {field}
    assert not RegistryLogin.objects.exists()


def test_audit_is_narrowed_as_on_its_page(ada, omar, stan, river, ask, ines, draft):
    request_services.submit(request=draft, by=ines)
    services.invite(organization=river, by=omar, role="member")
    call = caller(ada)

    def found(query):
        rows = call("GET", f"{RIVER}audit/?{query}").json()["results"]
        return [row["verb"] for row in rows if not row["verb"].startswith("token.")]

    assert found("person=haddad") == found("actor=omar") == found("verb=member.invite") == ["member.invite"]
    assert found("actor=oma") == found("since=2999-01-01") == found("until=2001-01-01") == []
    one = call("GET", f"{RIVER}audit/?verb=member.invite").json()["results"][0]
    assert (one["actorName"], one["sentence"]) == ("Omar Haddad", "invited")
    assert one["changes"] == {"role": ["", "member"]}
    for query, field in (("verb=fly", "verb"), ("since=soon", "since"), ("until=9999-12-31", "until")):
        assert set(errors(call("GET", f"{RIVER}audit/?{query}"))) == {field}
    assert caller(stan)("GET", "audit/?verb=member.invite").json()["results"] == [one]

"""Organisations: the list, their pages, creating them, and their limits."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubs.models import AuditEvent, Hub, HubRevision, Membership, Organization, Role, User
from hubs.organizations.forms.organizations import LimitsForm
from tests.words import TOTAL_MEMORY

pytestmark = pytest.mark.django_db
AGREED = {
    "hubs": "7",
    "total_memory": "128",
    "users_per_hub": "80",
    "memory_per_user": "2.5",
    "cpu_per_user": "1.5",
    "storage_per_user": "20",
    "auto_approve": "on",
}


def many_hubs(like, numbers):
    """Create hubs with the same organisation and spec."""
    made = Hub.objects.bulk_create(
        Hub(
            organization=like.organization, cluster=like.cluster, slug=f"hub-{n}", title=f"Hub {n:03}",
            created_by=like.created_by, memory_mib=1024,
        )
        for n in numbers
    )  # fmt: skip
    revisions = HubRevision.objects.bulk_create(
        HubRevision(hub=hub, number=1, data=like.revision.data, author=like.created_by) for hub in made
    )
    for hub, revision in zip(made, revisions, strict=True):
        hub.revision = revision
    Hub.objects.bulk_update(made, ["revision"])


def queries(client, path):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


# --- list -----------------------------------------------------------------------------------------------------------


def test_people_see_their_own_organisations_and_staff_all(cast, lake, as_):
    names = {
        who: [row["row"].name for row in as_(cast[who]).get("/organizations/").context["cards"]]
        for who in ("mia", "zoe", "stan")
    }
    assert names == {"mia": ["River University"], "zoe": ["Lake College"], "stan": ["Lake College", "River University"]}


def test_the_list_counts_only_hubs_that_are_not_retired(hub, ines, stan, as_):
    many_hubs(hub, range(2))
    Hub.objects.filter(slug="hub-1").update(desired_state="retired")
    card = next(c for c in as_(stan).get("/organizations/").context["cards"] if c["row"].slug == "river")
    assert [meter.used for meter in card["meters"]] == [2, hub.memory_mib + 1024]


def test_a_person_without_an_organisation_reads_how_to_join_one(as_):
    page = as_(User.objects.create_user("new")).get("/organizations/").content.decode()
    assert "invitation link" in page


def test_the_list_is_paged_searched_and_needs_the_same_number_of_queries(stan, river, cluster, as_):
    def more(numbers):
        Organization.objects.bulk_create(
            [Organization(slug=f"org-{n}", name=f"Org {n:03}", cluster=cluster) for n in numbers]
        )

    more(range(2))
    few = queries(as_(stan), "/organizations/")
    more(range(2, 300))
    assert queries(as_(stan), "/organizations/") == few
    page = as_(stan).get("/organizations/", {"after": as_(stan).get("/organizations/").context["page"].next})
    assert len(page.context["cards"]) == 25
    assert [c["row"].name for c in as_(stan).get("/organizations/?q=rIvEr").context["cards"]] == ["River University"]
    assert as_(stan).get("/organizations/?q=%00&page=zzz").status_code == 200


# --- an organisation's page -----------------------------------------------------------------------------------------


def test_the_page_shows_hubs_usage_and_owners(hub, cast, as_):
    page = as_(cast["mia"]).get("/organizations/river/").content.decode()
    for word in ("Statistics 101", "Ada Okafor", "ada@river.example.edu"):
        assert word in page, word
    for word in (TOTAL_MEMORY, "4 people"):
        assert word not in page, "limits and people are for those who may read them"
        assert word in as_(cast["ines"]).get("/organizations/river/").content.decode()
    assert "Request a hub" not in page  # Mia is a member
    assert "Request a hub" in as_(cast["ines"]).get("/organizations/river/").content.decode()


def test_an_organisation_without_hubs_says_what_to_do_first(ines, mia, as_):
    assert "Request the first hub" in as_(ines).get("/organizations/river/").content.decode()
    page = as_(mia).get("/organizations/river/").content.decode()
    assert "No hubs yet" in page
    assert "Request the first hub" not in page


def test_the_page_needs_the_same_number_of_queries(hub, mia, as_):
    many_hubs(hub, range(2))
    few = queries(as_(mia), "/organizations/river/")
    many_hubs(hub, range(2, 300))
    assert queries(as_(mia), "/organizations/river/") == few


def test_the_list_of_hubs_refreshes_alone(hub, mia, as_):
    answer = as_(mia).get(
        "/organizations/river/", headers={"HX-Request": "true", "HX-Target": "organization-hubs"}
    )  # fmt: skip
    page = answer.content.decode()
    assert "Statistics 101" in page
    assert "<html" not in page


def test_outsiders_see_nothing(zoe, river, as_):
    for path in ("", "limits/", "people/", "audit/"):
        assert as_(zoe).get(f"/organizations/river/{path}").status_code == 404
    assert as_(None).get("/organizations/river/").url == "/sign-in/?next=/organizations/river/"


# --- creating one ---------------------------------------------------------------------------------------------------


def test_staff_create_an_organisation_with_its_owner(stan, zoe, cluster, as_):
    typed = {"name": "Hill School", "slug": "hill", "cluster": cluster.slug, "owner": "ZOE"}
    assert as_(stan).post("/organizations/new/", typed).url == "/organizations/hill/limits/"
    row = Organization.objects.get(slug="hill")
    assert (row.name, row.cluster) == ("Hill School", cluster)
    assert row.memberships.get().user == zoe
    assert row.memberships.get().role == Role.OWNER
    assert AuditEvent.objects.get(verb="organization.create").actor == "stan"


def test_an_owner_without_an_account_is_invited_by_email(stan, cluster, as_):
    typed = {"name": "Hill School", "slug": "hill", "cluster": cluster.slug, "owner": "Head@Hill.example.edu"}
    browser = as_(stan)
    page = browser.post("/organizations/new/", typed, follow=True).content.decode()
    invitation = Organization.objects.get(slug="hill").invitations.get()
    assert (invitation.email, invitation.role) == ("head@hill.example.edu", Role.OWNER)
    assert "its owner is <a href='/organizations/hill/people/'>invited</a>" in page
    assert invitation.token in browser.get("/organizations/hill/people/").content.decode()
    wrong = as_(stan).post("/organizations/new/", {**typed, "slug": "mill", "owner": "head@@hill"})
    assert set(wrong.context["form"].errors) == {"owner"}
    assert not Organization.objects.filter(slug="mill").exists()


def test_limits_that_contradict_each_other_are_saved_with_what_follows(stan, river, as_):
    typed = {**AGREED, "total_memory": "10", "users_per_hub": "100", "memory_per_user": "64"}
    page = as_(stan).post("/organizations/river/limits/", typed, follow=True).content.decode()
    assert "Limits saved." in page
    assert "With a total memory of 10 GiB, a hub of 100 people gets at most 102 MiB per person." in page
    assert (
        "gets at most"
        not in as_(stan)
        .post("/organizations/river/limits/", {**typed, "total_memory": "6400"}, follow=True)
        .content.decode()
    )


def test_without_an_owner_the_next_page_leads_to_an_invitation(stan, cluster, as_):
    typed = {"name": "<b>Hill</b>", "slug": "hill", "cluster": cluster.slug}
    answer = as_(stan).post("/organizations/new/", typed, follow=True)
    assert answer.redirect_chain[-1][0] == "/organizations/hill/limits/"
    page = answer.content.decode()
    assert "<a href='/organizations/hill/people/invite/'>invite its owner</a>" in page
    assert "<b>Hill</b>" not in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"slug": "river"}, "slug"),
        ({"slug": "new"}, "slug"),
        ({"slug": "Ü"}, "slug"),
        ({"slug": "a--b"}, "slug"),
        ({"slug": "../etc"}, "slug"),
        ({"slug": "x" * 41}, "slug"),
        ({"slug": ""}, "slug"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"cluster": "elsewhere"}, "cluster"),
        ({"owner": "nobody-here"}, "owner"),
    ],
)
def test_bad_input_is_named_beside_the_field_and_nothing_is_lost(change, field, stan, river, cluster, as_):
    typed = {"name": "Hill School", "slug": "hill", "cluster": cluster.slug, "owner": "", **change}
    answer = as_(stan).post("/organizations/new/", typed)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    for name, value in typed.items():
        assert answer.context["form"][name].value() == value
    assert Organization.objects.count() == 1


@pytest.mark.parametrize("who", ["ada", "omar", "ines", "mia", "zoe"])
def test_only_staff_create_organisations(who, cast, cluster, as_):
    typed = {"name": "Hill School", "slug": "hill", "cluster": cluster.slug}
    assert as_(cast[who]).post("/organizations/new/", typed).status_code == 404
    assert not Organization.objects.filter(slug="hill").exists()


def test_anonymous_visitors_create_no_organisations(cluster, as_):
    assert as_(None).post("/organizations/new/", {"name": "x", "slug": "xx"}).url.startswith("/sign-in/")
    assert as_(None).put("/organizations/new/").url.startswith("/sign-in/")


# --- limits ---------------------------------------------------------------------------------------------------------


def test_staff_change_limits_in_gib_and_the_rows_hold_mib(stan, river, as_):
    assert as_(stan).post("/organizations/river/limits/", AGREED).url == "/organizations/river/limits/"
    river.refresh_from_db()
    kept = {name: getattr(river, name) for name in ("hubs", "users_per_hub", "cpu_per_user", "auto_approve")}
    assert kept == {"hubs": 7, "users_per_hub": 80, "cpu_per_user": 1.5, "auto_approve": True}
    assert (river.memory_per_user_mib, river.storage_per_user_mib, river.total_memory_mib) == (2560, 20480, 131072)
    assert not river.allow_temporary_users
    changes = AuditEvent.objects.get(verb="organization.limits").changes
    assert changes["memory_per_user_mib"] == [2048, 2560]


def test_the_form_opens_with_the_limits_and_saves_them_unchanged(stan, river, as_):
    Organization.objects.filter(pk=river.pk).update(memory_per_user_mib=1000, cpu_per_user=0.5)
    river.refresh_from_db()
    opened = {k: v for k, v in LimitsForm.initial_of(river).items() if v is not False}
    as_(stan).post("/organizations/river/limits/", opened)
    assert not AuditEvent.objects.filter(verb="organization.limits").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hubs", "-1"),
        ("hubs", "1e9"),
        ("hubs", "99999999999999999999"),
        ("total_memory", "0"),
        ("total_memory", "NaN"),
        ("memory_per_user", "Infinity"),
        ("memory_per_user", "1e400"),
        ("memory_per_user", "two"),
        ("cpu_per_user", "nan"),
        ("cpu_per_user", "0"),
        ("cpu_per_user", "1e308"),
        ("storage_per_user", ""),
        ("users_per_hub", "½"),
    ],
)
def test_absurd_limits_are_refused_beside_the_field(field, value, stan, river, as_):
    answer = as_(stan).post("/organizations/river/limits/", {**AGREED, field: value})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert answer.context["form"][field].value() == value
    before = river.hubs
    river.refresh_from_db()
    assert river.hubs == before


@pytest.mark.parametrize("who", ["ada", "omar", "ines"])
def test_others_read_the_limits_and_may_not_change_them(who, cast, river, as_):
    page = as_(cast[who]).get("/organizations/river/limits/")
    assert "2 GiB" in page.content.decode()
    assert "Save limits" not in page.content.decode()
    assert as_(cast[who]).post("/organizations/river/limits/", AGREED).status_code == 403
    river.refresh_from_db()
    assert river.hubs == 5


def test_who_may_not_change_limits_reads_whom_to_ask(ada, settings, as_):
    assert "Staff review requests above a limit" in as_(ada).get("/organizations/river/limits/").content.decode()
    settings.SUPPORT_CONTACT = "help@portal.example.edu"
    assert "mailto:help@portal.example.edu" in as_(ada).get("/organizations/river/limits/").content.decode()


def test_outsiders_and_anonymous_visitors_change_nothing(zoe, river, as_):
    assert as_(zoe).post("/organizations/river/limits/", AGREED).status_code == 404
    assert as_(None).post("/organizations/river/limits/", AGREED).status_code == 302
    assert as_(zoe).delete("/organizations/river/limits/").status_code == 405
    river.refresh_from_db()
    assert river.hubs == 5
    assert not Membership.objects.filter(user=zoe, organization=river).exists()

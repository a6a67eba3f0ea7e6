"""Groups on a hub's roster: several per person, by hand, from a column of a list, by API; and what the hub receives."""

import csv
import io
import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import example, given
from hypothesis import strategies as st

from hubs.errors import Invalid
from hubs.hub.services import copies, taking_along
from hubs.models import AuditEvent, Organization, RosterEntry, RosterGroup, User
from hubs.requests.services import requests
from hubs.roster.queries import people as hub_people
from hubs.roster.rules.group_names import MOST, MOST_OF_HUB, parted, spelled
from hubs.roster.services import groups as roster_groups
from hubs.roster.services import roster
from hubs.roster.services.groups import checked, of_role
from hubs.spec.offers import OF_ROLES, group_key
from hubs.spec.takeaway import people_csv
from hubs.user_limits.rules import Person
from portal.signin.oidc import groups_of

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def at(name, hub, *more):
    return reverse(name, args=[hub.uid, *more])


def groups(hub):
    """Return {person or address: groups} of everyone on the roster."""
    rows = hub.roster.select_related("user").prefetch_related("groups")
    return {row.user.username if row.user else row.email: [g.name for g in row.groups.all()] for row in rows}


# --- names ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", []),
        (" , ;", []),
        ("Lab  B", ["Lab B"]),
        ("Lab B, lab b; LAB B", ["Lab B"]),
        ("Lab A; Project 7\nBiología", ["Lab A", "Project 7", "Biología"]),
    ],
)
def test_names_in_a_field(typed, names):
    assert parted(typed) == names


IMITATIONS = ("admins", "Users", " ADMINS ", "ａｄｍｉｎｓ", "аdmins", "u s e r s", "adm\u0131ns", "users.", "uſers",
              "us\u0435rs",
              "ad\u00admins", "admins\u200b", "Ádmins", "4dmin5")  # fmt: skip


@pytest.mark.parametrize("name", IMITATIONS)
def test_no_group_has_or_imitates_the_name_of_a_role(name):
    with pytest.raises(Invalid) as refused:
        checked([name])
    assert refused.value.errors["groups"]


@given(st.text(max_size=12) | st.text("uUｕսserRSѕ admﬁﬀinsſıİK\u0301\u200d", max_size=10))
@example("admins")
@example("ADMIN\u017f")
def test_a_stored_group_never_matches_a_role_in_the_hub(name):
    try:
        kept = checked([name])
    except Invalid:
        return
    assert not {group_key(one) for one in kept} & set(OF_ROLES)
    assert kept == [spelled(name)]


@pytest.mark.parametrize(
    "name", ["", "  ", "a:b", ":admin", "a,b", "a;b", "x" * 81, "a\x00b", "a\ud800", "\u3164", "a\u202eb"]
)
def test_an_invalid_group_name_is_refused(name):
    with pytest.raises(Invalid):
        checked([name])


# --- by hand ----------------------------------------------------------------------------------------------------------
def test_groups_are_set_for_added_people_and_for_one_person(as_, ines, ready_hub, mia, enrol):
    enrol(ready_hub, mia)
    client = as_(ines)
    body = {"names": "mia, new@river.example.edu", "role": "user", "groups": " Lab  B , Project 7"}
    client.post(at("hub-people", ready_hub), body)
    assert groups(ready_hub) == {
        who: ["Lab B", "Project 7"] for who in ("mia", "new@river.example.edu")
    }  # fmt: skip
    assert AuditEvent.objects.get(verb="roster.add").changes["groups"] == ["", "Lab B, Project 7"]

    entry = ready_hub.roster.get(user=mia)
    response = client.post(at("hub-person", ready_hub, entry.pk), {"role": "user", "groups": "admins: all"})
    assert response.status_code == 422
    assert "no colon" in text(response)
    assert "Lab B, Project 7" in text(client.get(at("hub-person", ready_hub, entry.pk)))
    client.post(at("hub-person", ready_hub, entry.pk), {"role": "user", "groups": "lab c, LAB B"})
    assert groups(ready_hub)["mia"] == ["Lab B", "lab c"], "a group has one spelling per hub"
    assert AuditEvent.objects.filter(verb="roster.role").latest("pk").changes["groups"] == [
        "Lab B, Project 7", "Lab B, lab c",
    ]  # fmt: skip
    page = text(client.get(at("hub-people", ready_hub), {"q": "LAB C"}))
    assert '<span class="tag">lab c</span>' in page
    assert "new@river.example.edu" not in page, "the search finds groups"
    client.post(at("hub-person", ready_hub, entry.pk), {"role": "admin"})
    entry.refresh_from_db()
    assert (entry.role, groups(ready_hub)["mia"]) == ("admin", ["Lab B", "lab c"]), "what is not sent stays"


def test_selected_people_are_added_to_groups_and_removed(as_, ines, ready_hub, mia, enrol):
    mine = enrol(ready_hub, mia)
    other = RosterEntry.objects.create(hub=ready_hub, email="new@river.example.edu")
    client, address = as_(ines), at("hub-people", ready_hub)
    body = {"regroup": "Lab B, Lab C", "entry": [mine.pk, other.pk], "do": "add"}
    assert "Groups of 2 people changed." in text(client.post(address, body, follow=True))
    client.post(address, {"regroup": "lab c", "entry": [mine.pk], "do": "remove"})
    assert groups(ready_hub) == {"mia": ["Lab B"], "new@river.example.edu": ["Lab B", "Lab C"]}
    client.post(address, {"regroup": "LAB C", "entry": [other.pk], "do": "remove"})
    assert list(RosterGroup.objects.values_list("name", flat=True)) == ["Lab B"], (
        "a group without people does not exist"
    )
    for wrong, words in (
        ({"regroup": "users", "entry": [mine.pk]}, "is reserved for groups by role"),
        ({"regroup": "Lab D"}, "Choose at least one person."),
        ({"regroup": " ", "entry": [mine.pk]}, "Enter at least one group."),
        ({"regroup": "Lab D", "entry": [mine.pk, "999999"]}, "no longer on the list"),
        ({"regroup": "Lab D", "entry": ["x", "²"]}, "Choose at least one person."),
        ({"regroup": "Lab\0B", "entry": [mine.pk], "do": "remove"}, "Enter at least one group."),
    ):
        response = client.post(address, wrong)
        assert response.status_code == 422, wrong
        assert words in text(response), wrong
    assert groups(ready_hub) == {"mia": ["Lab B"], "new@river.example.edu": ["Lab B"]}
    events = AuditEvent.objects.filter(verb="roster.role").order_by("pk")
    assert [event.changes["groups"] for event in events] == [["", "Lab B, Lab C"], ["lab c", ""], ["LAB C", ""]]


def test_other_roles_may_not_change_groups(as_, cast, ready_hub, enrol):
    entry = enrol(ready_hub, cast["mia"])
    body = {"regroup": "Lab B", "entry": [entry.pk], "do": "add"}
    for who, status in (("mia", 403), ("zoe", 404), (None, 302)):
        client = as_(cast[who] if who else None)
        assert client.post(at("hub-people", ready_hub), body).status_code == status
    assert groups(ready_hub) == {"mia": []}


def test_an_entry_of_another_hub_gets_no_group_here(ready_hub, ask, ines, river, mia, enrol):
    other = requests.submit(request=ask(ines, river, slug="other"), by=ines).hub
    with pytest.raises(Invalid, match="no longer on the list"):
        roster_groups.regroup(hub=ready_hub, by=ines, entries=[enrol(other, mia).pk], add=["Lab B"])


# --- from a column of a list ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "pasted",
    [
        'Name,Email,Group\nM,mia@river.example.edu,"Lab B; Project 7"\nS,s@x.example.edu,\nT,t@x.example.edu,LAB B\n',
        "Groups\tUsername\nLab B, Project 7\tmia\n\ts@x.example.edu\nlab b\tt@x.example.edu",
        'E-mail;Section;Sections\nmia@river.example.edu;Lab B;Project 7\ns@x.example.edu;;\nt@x.example.edu;"Lab B"\n',
        "mail,group\nmia@river.example.edu,Lab B\nmia@river.example.edu,Project 7\n"
        "s@x.example.edu\nt@x.example.edu,lab b",
    ],
)
def test_a_column_of_a_class_list_has_the_groups(pasted, as_, ready_hub, ines, mia):
    as_(ines).post(at("hub-people", ready_hub), {"names": pasted, "role": "user", "do": "apply"})
    found = groups(ready_hub)
    assert found.pop("mia") == ["Lab B", "Project 7"]
    assert found == {"s@x.example.edu": [], "t@x.example.edu": ["Lab B"]}


@pytest.mark.parametrize("first", ["Lab B", "=cmd|' /C calc'!A0", "+1", "-1", "@x", "＝1", "＠x", "'Lab B"])
def test_an_exported_people_file_is_imported_with_its_groups(first, ready_hub, ines, mia, as_):
    """None of its cells is a formula for a spreadsheet."""
    roster.add(hub=ready_hub, by=ines, names=["mia", "new@x.example.edu"], groups_of={"mia": [first]})
    roster.add(hub=ready_hub, by=ines, names=["+x@x.example.edu"], groups=[first, "｡"],
               names_of={"+x@x.example.edu": "=Nu, Tam"})  # fmt: skip
    rows = ready_hub.roster.select_related("user").prefetch_related("groups").order_by("pk")
    people = taking_along.people_of(rows)
    before = groups(ready_hub)
    assert before == {"mia": [first], "new@x.example.edu": [], "+x@x.example.edu": [first, "｡"]}
    table = people_csv(people)
    cells = [cell for row in csv.reader(io.StringIO(table)) for cell in row]
    assert not [cell for cell in cells if cell[:1] and cell[0] in "=+-@＝＋－＠"]
    ready_hub.roster.all().delete()
    as_(ines).post(at("hub-people", ready_hub), {"names": table, "role": "user", "do": "apply"})
    assert groups(ready_hub) == before


def test_a_copy_of_a_hub_copies_the_groups(ready_hub, ines, mia, river):
    roster.add(hub=ready_hub, by=ines, names=["mia", "new@x.example.edu"], groups=["Lab B"])
    row = copies.begin_copy(hub=ready_hub, organization=river, by=ines, title="Next term", starts=None, ends=None,
                            people=True, admins=True)  # fmt: skip
    requests.save(request=row, by=ines, values={}, slug="stat-102")
    copy = requests.submit(request=row, by=ines).hub
    assert groups(copy) == {"mia": ["Lab B"], "new@x.example.edu": ["Lab B"]}
    assert copy.roster_groups.get().pk != ready_hub.roster_groups.get().pk


def test_the_numbers_of_groups_are_bounded(ready_hub, ines, mia, enrol, river):
    Organization.objects.filter(pk=river.pk).update(users_per_hub=1000)
    ready_hub.organization.refresh_from_db()
    roster.add(hub=ready_hub, by=ines, names=["mia"], groups=[f"g{n}" for n in range(MOST)])
    with pytest.raises(Invalid, match="at most 20 groups"):
        roster.add(hub=ready_hub, by=ines, names=["mia"], groups=["one more"])
    names = [f"p{n}@x.example.edu" for n in range(MOST_OF_HUB)]
    with pytest.raises(Invalid, match="at most 500 groups"):
        roster.add(hub=ready_hub, by=ines, names=names, groups_of={name: [name[:5]] for name in names})


@pytest.mark.database
def test_queries_do_not_grow_with_people_and_groups(ready_hub, ines, as_, river):
    Organization.objects.filter(pk=river.pk).update(users_per_hub=1000)
    ready_hub.organization.refresh_from_db()

    def fill(begin, end):
        names = [f"p{n}@x.example.edu" for n in range(begin, end)]
        with CaptureQueriesContext(connection) as found:
            roster.add(
                hub=ready_hub, by=ines, names=names, groups=["A"], groups_of={n: [f"group {n[:3]}"] for n in names}
            )
        return len(found)

    def asked():
        counts = []
        for call in (
            lambda: as_(ines).get(at("hub-people", ready_hub)),
            lambda: as_(ines).get(at("api-roster", ready_hub)),
            lambda: hub_people.people_of(ready_hub, [f"p{n}@x.example.edu" for n in range(500)]),
            lambda: hub_people.directory(ready_hub),
        ):
            with CaptureQueriesContext(connection) as found:
                call()
            counts.append(len(found))
        return counts

    few, before = fill(0, 3), asked()
    assert fill(3, 500) <= few + 4, "inserts go in batches"
    assert all(now <= then for now, then in zip(asked(), before, strict=True))


# --- by API -----------------------------------------------------------------------------------------------------------
def send(client, method, address, body):
    return getattr(client, method)(address, json.dumps(body), content_type="application/json")


def test_the_api_has_groups_and_the_older_field(as_, ines, ready_hub, mia):
    client, address = as_(ines), at("api-roster", ready_hub)
    body = {"names": ["mia", "new@x.example.edu"], "groups": ["Lab B"], "groupsOf": {"mia": ["Project 7"]}}
    assert send(client, "post", address, body).json() == {"new": 2, "known": 0}
    send(client, "post", address, {"names": ["new@x.example.edu"], "group": "Old"})
    rows = {row["email"] or row["user"]: row for row in client.get(address).json()["results"]}
    assert rows["mia"]["groups"] == ["Lab B", "Project 7"]
    assert rows["mia"]["group"] == "Lab B"
    assert rows["new@x.example.edu"]["groups"] == ["Lab B", "Old"]
    assert [r["id"] for r in client.get(address, {"group": "PROJECT  7"}).json()["results"]] == [rows["mia"]["id"]]

    one = at("api-roster-entry", ready_hub, rows["mia"]["id"])
    answer = send(client, "patch", one, {"role": "admin", "group": "lab b"})
    assert (answer.json()["role"], answer.json()["groups"]) == ("admin", ["Lab B", "Project 7"]), "sent back as read"
    assert send(client, "patch", one, {"group": "Lab C"}).json()["groups"] == ["Lab C"]
    assert send(client, "patch", one, {"groups": ["Lab C", "lab b"]}).json()["groups"] == ["Lab B", "Lab C"]
    assert send(client, "patch", one, {"groups": []}).json()["group"] == ""
    both = {"entries": [row["id"] for row in rows.values()], "add": ["All"], "remove": ["lab b"]}
    assert send(client, "post", at("api-roster-groups", ready_hub), both).json() == {"changed": 2}
    assert groups(ready_hub) == {"mia": ["All"], "new@x.example.edu": ["All", "Old"]}
    refused = send(client, "patch", one, {"groups": ["Admins"]})
    assert refused.status_code == 422
    assert "groups" in str(refused.json())
    csv = b"email,groups\nlast@x.example.edu,Lab B;Lab C\n"
    client.post(address, csv, content_type="text/csv")
    assert groups(ready_hub)["last@x.example.edu"] == ["Lab B", "Lab C"]


# --- what the hub receives --------------------------------------------------------------------------------------------
def test_the_portals_sign_in_sends_groups_with_the_role(ready_hub, ines, omar, mia, zoe):
    roster.add(hub=ready_hub, by=ines, names=["mia"], groups=["Lab B"])
    assert groups_of(mia, ready_hub) == ["users", "Lab B"]
    RosterEntry.objects.create(hub=ready_hub, email="mia@river.example.edu", role="admin").groups.create(
        hub=ready_hub, name="Project 7", key="project 7"
    )
    assert groups_of(mia, ready_hub) == ["users", "admins", "Lab B", "Project 7"], "by name and by address"
    assert groups_of(omar, ready_hub) == ["users", "admins"]
    assert groups_of(zoe, ready_hub) == []
    mia.is_active = False
    assert groups_of(mia, ready_hub) == []


def test_stored_groups_never_make_a_person_admin(ready_hub, mia, enrol):
    entry = enrol(ready_hub, mia)
    for name in ("admins", "Admins", "аdmins", "USERS"):
        entry.groups.create(hub=ready_hub, name=name, key=f"{name}!")
    assert groups_of(mia, ready_hub) == ["users"]
    assert hub_people.on_list(hub_people.people_of(ready_hub, ["mia"])["mia"]) == []


@given(st.lists(st.sampled_from([*IMITATIONS, "Lab B"]), max_size=4))
def test_a_hub_receives_no_role_from_a_group(names):
    told = hub_people.on_list(Person(listed=tuple(names)))
    assert set(told) <= {"Lab B"}
    assert not any(of_role(name) for name in told)


def test_a_hub_with_another_sign_in_finds_a_member_by_the_address(ready_hub, ines, mia):
    roster.add(hub=ready_hub, by=ines, names=["mia"], groups=["Lab B"])
    sign_in = {**ready_hub.revision.data["signIn"], "method": "google", "allowAll": True}
    data = {**ready_hub.revision.data, "signIn": sign_in}
    type(ready_hub.revision).objects.filter(pk=ready_hub.revision.pk).update(data=data)
    hub = type(ready_hub).objects.get(pk=ready_hub.pk)
    told = hub_people.people_of(hub, ["Mia@River.example.edu", "mia", "omar"])
    assert {name: person.listed for name, person in told.items()} == {
        "Mia@River.example.edu": ("Lab B",), "mia": ("Lab B",), "omar": (),
    }  # fmt: skip
    User.objects.filter(pk=mia.pk).update(email_verified=False)
    assert hub_people.people_of(hub, ["mia@river.example.edu"])["mia@river.example.edu"].listed == ()

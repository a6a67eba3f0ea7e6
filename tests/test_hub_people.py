"""The people of a hub: who has access and why, adding many, changing roles, and removing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.models import AuditEvent, Organization, RosterEntry, User
from hubs.requests.services import decisions, requests

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def url(name, hub, *more):
    return reverse(name, args=[hub.uid, *more])


def test_the_list_shows_who_has_access_and_why(as_, ready_hub, ines, omar, ada, mia, enrol):
    enrol(ready_hub, mia)
    RosterEntry.objects.create(hub=ready_hub, email="guest@elsewhere.example.org", role="admin")
    page = text(as_(ines).get(url("hub-people", ready_hub)))
    for words in (
        "Mia Lindqvist", "guest@elsewhere.example.org", "Owner of River University", "Admin of River University",
        "Created this hub", "take effect at the next sign-in",
    ):  # fmt: skip
        assert words in page, words


def test_many_people_are_added_at_once(as_, ready_hub, ines, mia):
    pasted = 'E-mail\r\nmia\r\n"New.Person@River.example.edu"\r\n\r\nmia@river.example.edu\tguest@x.example.org;\r\n'
    response = as_(ines).post(url("hub-people", ready_hub), {"names": pasted, "role": "user"}, follow=True)
    page = text(response)
    assert "3 people were added." in page
    assert "next sign-in" in page
    assert set(ready_hub.roster.values_list("user__username", "email")) == {
        ("mia", ""), (None, "new.person@river.example.edu"), (None, "guest@x.example.org"),
    }  # fmt: skip
    again = text(as_(ines).post(url("hub-people", ready_hub), {"names": "mia", "role": "admin"}, follow=True))
    assert "1 person was already on the list." in again
    assert ready_hub.roster.get(user=mia).role == "user", "adding a person again changes nothing"


@pytest.mark.parametrize(
    "heading",
    ["First name,Last name,ID number,Email address", "\ufeffSurname;Given name;No;E-mail", "A\tB\tC\tUsername"],
)
def test_a_whole_class_list_is_pasted(heading, as_, ready_hub, ines, river):
    Organization.objects.filter(pk=river.pk).update(users_per_hub=60)
    mark = next(mark for mark in "\t;," if mark in heading)
    quoted = f'"Dent{mark} Jr"'
    rows = [mark.join(["Stu", quoted, str(i), f"s{i}@river.example.edu"]) for i in range(60)]
    pasted = "\r\n".join([heading, *rows, ""])
    body = {"names": pasted, "role": "user"}
    assert "60 new" in text(as_(ines).post(url("hub-people", ready_hub), body))
    response = as_(ines).post(url("hub-people", ready_hub), {**body, "do": "apply"}, follow=True)
    assert "60 people were added." in text(response)
    assert set(ready_hub.roster.values_list("email", flat=True)) == {f"s{i}@river.example.edu" for i in range(60)}


def test_a_student_without_an_address_in_the_class_list_is_named(as_, ready_hub, ines):
    pasted = "Name,Email\nStu Dent,s@river.example.edu\nLost Person,\nShort Line"
    response = as_(ines).post(url("hub-people", ready_hub), {"names": pasted, "role": "user"})
    for words in ("1 new", "2 not recognised", "Lost Person", "Short Line"):
        assert words in text(response), words
    assert not ready_hub.roster.exists()


@pytest.mark.parametrize(("names", "wrong"), [("mia\nnobody-we-know", "nobody-we-know"), ("a@b\nmia", "a@b")])
def test_a_bad_name_is_named_beside_the_good_ones(names, wrong, as_, ready_hub, ines, mia):
    page = text(as_(ines).post(url("hub-people", ready_hub), {"names": names, "role": "admin"}))
    for words in ("1 new", "1 not recognised", wrong):
        assert words in page, words
    as_(ines).post(url("hub-people", ready_hub), {"names": names, "role": "admin", "do": "apply"})
    assert [(entry.called, entry.role) for entry in ready_hub.roster.all()] == [("mia", "admin")]


@pytest.mark.database
@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("nobody-we-know\nmia@x", "nobody-we-know"),
        ("", "Enter at least one user name"),
        ("zoe", "zoe"),
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("m\x00ia", "Neither a member"),
        ('Name,Email\n"' + "x" * 140_000, "Neither a member"),
    ],
)
def test_a_bad_name_is_named_and_nothing_typed_is_lost(names, words, as_, ready_hub, ines, mia, zoe):
    response = as_(ines).post(url("hub-people", ready_hub), {"names": names, "role": "admin"})
    assert response.status_code == 422
    page = text(response)
    assert words in page
    assert '<option value="admin" selected>' in page
    assert ("nobody-we-know" in names) <= ("nobody-we-know\nmia@x" in page)
    assert "<script>alert" not in page
    assert not ready_hub.roster.exists()
    assert not AuditEvent.objects.filter(verb="roster.add").exists()


def test_an_unknown_role_is_refused(as_, ready_hub, ines, mia, enrol):
    response = as_(ines).post(url("hub-people", ready_hub), {"names": "mia", "role": "king"})
    assert response.status_code == 422
    assert "Choose one of the roles." in text(response)
    entry = enrol(ready_hub, mia)
    response = as_(ines).post(url("hub-person", ready_hub, entry.pk), {"role": "king"})
    assert response.status_code == 422
    entry.refresh_from_db()
    assert entry.role == "user"


def test_a_role_is_changed_and_a_person_is_removed(as_, ready_hub, ines, mia, enrol):
    entry = enrol(ready_hub, mia)
    client, address = as_(ines), url("hub-person", ready_hub, entry.pk)
    assert "Mia Lindqvist" in text(client.get(address))
    page = text(client.post(address, {"role": "admin"}, follow=True))
    assert "The role of mia is now Hub admin." in page
    entry.refresh_from_db()
    assert entry.role == "admin"
    assert ready_hub.role_of(mia) == "admin"

    assert "Remove Mia Lindqvist" in text(client.get(address))
    page = text(client.post(address, {"do": "remove"}, follow=True))
    assert "Mia Lindqvist was removed from the list" in page
    assert ready_hub.role_of(mia) == ""
    assert client.get(address).status_code == 404
    verbs = list(AuditEvent.objects.filter(verb__startswith="roster.").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["roster.role", "roster.remove"]


@pytest.mark.parametrize(("who", "status"), [("mia", 403), ("student", 403), ("zoe", 404), (None, 302)])
def test_other_roles_may_not_change_the_list(who, status, as_, cast, ready_hub, enrol):
    student = User.objects.create_user("student", "student@river.example.edu")
    entry = enrol(ready_hub, student, "admin")
    client = as_({**cast, "student": student}[who] if who else None)
    for address, data in (
        (url("hub-people", ready_hub), {"names": "mia"}),
        (url("hub-person", ready_hub, entry.pk), {"role": "user"}),
        (url("hub-person", ready_hub, entry.pk), {"do": "remove"}),
    ):
        assert client.get(address).status_code == status
        assert client.post(address, data).status_code == status
    entry.refresh_from_db()
    assert entry.role == "admin"
    assert ready_hub.roster.count() == 1


def test_an_entry_of_another_hub_is_not_found_here(as_, ready_hub, ask, ines, river, mia, enrol):
    other = requests.submit(request=ask(ines, river, slug="other"), by=ines).hub
    entry = enrol(other, mia)
    response = as_(ines).post(url("hub-person", ready_hub, entry.pk), {"do": "remove"})
    assert response.status_code == 404
    assert other.roster.count() == 1
    assert as_(ines).put(url("hub-people", ready_hub)).status_code == 405


def test_the_list_comes_first_and_says_how_people_get_in(as_, ready_hub, ines, mia, enrol):
    empty = text(as_(ines).get(url("hub-people", ready_hub)))
    assert '<details class="panel" id="add-people" open>' in empty
    assert "0 people on the list" in empty
    enrol(ready_hub, mia)
    RosterEntry.objects.create(hub=ready_hub, email="new@river.example.edu", name="Änne Müller")
    page = text(as_(ines).get(url("hub-people", ready_hub)))
    assert '<details class="panel" id="add-people">' in page
    assert "2 people on the list" in page
    assert "<code>mia</code>" not in page, "the user name stands once, beside the name"
    assert page.count("has not signed in yet") == 1
    assert f'id="hub-address">{ready_hub.url}<' in page
    page = text(as_(ines).post(url("hub-people", ready_hub), {"names": "guest@x.example.org"}, follow=True))
    assert "Tell them the address of the hub: it is below the list." in page
    assert "Last change: 1 added by Ines Duarte" in " ".join(page.split())
    entry = ready_hub.roster.get(email="new@river.example.edu")
    assert "Remove Änne Müller" in text(as_(ines).get(url("hub-person", ready_hub, entry.pk)))


def test_numbers_in_user_names_are_in_their_order(as_, ready_hub, ines):
    names = ["student10", "student2", "alex", "student1", "zoe"]
    people = User.objects.bulk_create(User(username=name) for name in names)
    RosterEntry.objects.bulk_create(RosterEntry(hub=ready_hub, user=user) for user in people)
    RosterEntry.objects.bulk_create(RosterEntry(hub=ready_hub, email=f"{name}@x.org") for name in reversed(names))
    page = as_(ines).get(url("hub-people", ready_hub)).context["page"]
    ordered = ["alex", "student1", "student2", "student10", "zoe"]
    assert [row.called for row in page] == [*ordered, *(f"{name}@x.org" for name in ordered)]


@pytest.mark.database
def test_the_list_is_searched_and_paged_without_a_query_a_row(as_, ready_hub, ines, omar):
    client, address = as_(ines), url("hub-people", ready_hub)

    def fill(count):
        people = User.objects.bulk_create(User(username=f"s{n:03}", name=f"Student {n:03}") for n in count)
        RosterEntry.objects.bulk_create(RosterEntry(hub=ready_hub, user=user) for user in people)

    def queries():
        client.get(address)
        with CaptureQueriesContext(connection) as found:
            assert client.get(address).status_code == 200
        return len(found)

    fill(range(3))
    few = queries()
    fill(range(3, 300))
    assert queries() == few < 20
    page = text(client.get(address))
    assert 'rel="next"' in page
    assert "Student 024" in page
    assert "Student 025" not in page
    found = text(client.get(f"{address}?q=student 29"))
    assert found.count("Student 29") == 10
    assert "Student 024" not in found
    assert "No matching people" in text(client.get(f"{address}?q=xyz%00"))


def test_a_hub_without_sign_in_says_that_the_list_is_not_used(as_, hub, ines, stan, river):
    row = requests.begin_change(reason="For the course.", hub=hub, by=ines, values={"signIn.method": "tmp"})
    requests.submit(request=row, by=ines)
    decisions.approve(request=row, by=stan, seen=row.content_hash)
    assert "This hub has no sign-in" in text(as_(ines).get(url("hub-people", hub)))
    assert "with the link, without an account" in text(as_(ines).get(url("hub", hub)))


def test_a_hub_with_its_own_sign_in_says_who_decides_and_what_is_missing(as_, hub, ines, mia, enrol):
    """A hub from before the portal required all settings of a sign-in method still works, and its page names them."""
    enrol(hub, mia)
    revision = hub.revision
    revision.data = {**revision.data, "signIn": {"method": "github", "github": {"allowed_organizations": ["river"]}}}
    revision.save(update_fields=["data"])
    assert "don’t sign in to this hub with a portal account" in text(as_(ines).get(url("hub-people", hub)))
    page = text(as_(ines).get(url("hub", hub)))
    assert "Client ID: Please fill this in. Without it, no one can sign in." in page
    assert "No people on the list yet" not in page
    assert "no one can sign in" not in text(as_(mia).get(url("hub", hub)))

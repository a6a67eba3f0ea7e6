"""The people of an organisation: roles, removal, and invitations by link."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hubs.models import AuditEvent, Invitation, Mail, Membership, Role, User
from hubs.organizations import services as organizations

pytestmark = pytest.mark.django_db
PEOPLE = "/organizations/river/people/"


def of(user):
    return Membership.objects.filter(user=user, organization__slug="river").first()


def at(user):
    return f"{PEOPLE}{of(user).pk}/"


def said(response):
    """Return the message of the answer, or of the page it redirects to."""
    return " ".join(str(message) for message in response.context["messages"])


@pytest.fixture
def link(river, ada):
    """Return an invitation by Ada: `link(role="member", email="")`."""

    def make(role="member", email=""):
        row = organizations.invite(organization=river, by=ada, role=role, email=email)
        return f"/invitations/{row.token}/"

    return make


# --- the list -------------------------------------------------------------------------------------------------------


def test_instructors_see_the_members_and_only_admins_change_them(cast, as_):
    page = as_(cast["ines"]).get(PEOPLE).content.decode()
    assert "Ada Okafor" in page
    assert ">Roles</h2>" in page
    assert "Open invitations" not in page
    assert at(cast["ada"]) not in page
    assert as_(cast["mia"]).get(PEOPLE).status_code == 403
    for who in ("omar", "ada", "stan"):
        assert "Invite people" in as_(cast[who]).get(PEOPLE).content.decode()


def test_the_list_is_paged_searched_and_needs_the_same_number_of_queries(ada, river, as_):
    def more(numbers):
        users = User.objects.bulk_create(User(username=f"u{n}", name=f"Person {n:03}") for n in numbers)
        Membership.objects.bulk_create(Membership(organization=river, user=user) for user in users)
        Invitation.objects.bulk_create(Invitation(organization=river, invited_by=ada) for _ in numbers)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert as_(ada).get(PEOPLE).status_code == 200
        return len(queries)

    more(range(3))
    few = asked()
    more(range(3, 300))
    assert asked() == few
    behind = as_(ada).get(PEOPLE).context["page"].next
    assert len(as_(ada).get(PEOPLE, {"after": behind}).context["page"]) == 25
    assert [row.user.username for row in as_(ada).get(PEOPLE + "?q=okAf").context["page"]] == ["ada"]


# --- roles ----------------------------------------------------------------------------------------------------------


def test_an_admin_changes_a_role(omar, mia, as_):
    assert as_(omar).post(at(mia), {"role": "instructor"}).url == PEOPLE
    assert of(mia).role == Role.INSTRUCTOR
    event = AuditEvent.objects.get(verb="member.role")
    assert (event.actor, event.subject, event.changes) == ("omar", "Mia Lindqvist", {"role": ["member", "instructor"]})


def test_an_admin_can_not_add_or_demote_owners(omar, ada, mia, as_):
    answer = as_(omar).post(at(mia), {"role": "owner"})
    assert answer.status_code == 422
    assert as_(omar).post(at(ada), {"role": "member"}).status_code == 403
    assert as_(omar).post(at(ada), {"confirm": "ada"}).status_code == 403
    assert "Only owners can change owners" in as_(omar).get(at(ada)).content.decode()
    assert (of(mia).role, of(ada).role) == (Role.MEMBER, Role.OWNER)


def test_the_last_owner_stays(ada, as_):
    for typed in ({"role": "member"}, {"confirm": "ada"}):
        answer = as_(ada).post(at(ada), typed)
        assert answer.status_code == 409
        assert "An organisation needs at least one owner" in said(answer)
    assert of(ada).role == Role.OWNER


def test_an_owner_makes_another_owner_and_leaves(ada, omar, as_):
    as_(ada).post(at(omar), {"role": "owner"})
    page = as_(ada).get(at(ada)).content.decode()
    assert "Leave River University" in page
    assert "Their " not in page
    assert as_(ada).post(at(ada), {"confirm": "ada"}).url == "/organizations/"
    assert of(ada) is None
    assert of(omar).role == Role.OWNER
    assert as_(ada).get(PEOPLE).status_code == 404


@pytest.mark.parametrize("role", ["", "king", "OWNER", "owner\0"])
def test_a_role_that_does_not_exist_is_named_beside_the_field(role, ada, mia, as_):
    answer = as_(ada).post(at(mia), {"role": role})
    assert answer.status_code == 422
    assert answer.context["form"].errors["role"]
    assert of(mia).role == Role.MEMBER


def test_removing_names_the_person_and_takes_hub_and_organisation(ada, omar, ready_hub, as_):
    page = as_(ada).get(at(omar)).content.decode()
    assert "Remove Omar Haddad" in page
    assert "Type <code>" not in page
    assert of(omar)
    assert ready_hub.role_of(omar) == "admin"
    gone = at(omar)
    assert as_(ada).post(gone, {"confirm": "yes"}).url == PEOPLE
    assert of(omar) is None
    assert ready_hub.role_of(omar) == ""
    assert AuditEvent.objects.get(verb="member.remove").changes == {"role": ["admin", ""]}
    assert as_(ada).get(gone).status_code == 404


@pytest.mark.parametrize("who", ["ines", "mia"])
def test_lower_roles_change_no_members(who, cast, as_):
    for typed in ({"role": "admin"}, {"confirm": "omar"}):
        assert as_(cast[who]).post(at(cast["omar"]), typed).status_code == 403
    assert of(cast["omar"]).role == Role.ADMIN


def test_outsiders_anonymous_visitors_and_wrong_methods_are_refused(zoe, mia, ada, as_):
    assert as_(zoe).post(at(mia), {"role": "owner"}).status_code == 404
    assert as_(None).post(at(mia), {"role": "owner"}).url.startswith("/sign-in/")
    assert as_(ada).put(at(mia)).status_code == 405
    assert of(mia).role == Role.MEMBER


def test_a_member_of_another_organisation_is_not_reached_through_mine(zoe, ada, mia, as_):
    theirs = Membership.objects.get(user=zoe)
    assert as_(ada).post(f"{PEOPLE}{theirs.pk}/", {"confirm": "zoe"}).status_code == 404
    assert as_(zoe).post(f"/organizations/lake/people/{of(mia).pk}/", {"role": "owner"}).status_code == 404
    assert Membership.objects.filter(user=zoe).exists()


# --- creating links -------------------------------------------------------------------------------------------------


def test_the_link_is_shown_once_to_its_creator(ada, omar, river, as_):
    browser = as_(ada)
    assert browser.post(PEOPLE + "invite/", {"role": "instructor", "emails": "New@River.example.edu"}).url == PEOPLE
    row = Invitation.objects.get()
    assert (row.role, row.email, row.invited_by) == ("instructor", "new@river.example.edu", ada)
    assert row.token not in as_(omar).get(PEOPLE).content.decode()
    first = browser.get(PEOPLE)
    assert f"/invitations/{row.token}/" in first.content.decode()
    assert "no-store" in first["Cache-Control"]
    again = browser.get(PEOPLE).content.decode()
    assert row.token not in again
    assert "new@river.example.edu" in again
    assert AuditEvent.objects.get(verb="member.invite").subject == "new@river.example.edu"


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"role": "king"}, "role"),
        ({"role": ""}, "role"),
        ({"role": "member", "emails": "nonsense"}, "emails"),
        ({"role": "member", "emails": "a@b.c, d@e.f"}, "emails"),
        ({"role": "member", "emails": "x" * 300}, "emails"),
        ({"role": "member", "emails": "a\0@river.example.edu"}, "emails"),
        ({"role": "member", "emails": "\n".join(f"p{n}@river.example.edu" for n in range(51))}, "emails"),
    ],
)
def test_an_invalid_invitation_is_refused_beside_the_field(typed, field, ada, as_):
    answer = as_(ada).post(PEOPLE + "invite/", typed)
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
    assert answer.context["form"]["emails"].value() == typed.get("emails")
    assert not Invitation.objects.exists()


def test_several_are_invited_at_once_each_by_an_own_email_or_nobody_is(ada, as_):
    browser = as_(ada)
    lines = "one@river.example.edu\n\nnonsense\n  two@river.example.edu,\none@river.example.edu\nada@river.example.edu"
    answer = browser.post(PEOPLE + "invite/", {"role": "member", "emails": lines})
    assert answer.status_code == 422
    wrong = answer.context["form"].errors["emails"]
    assert [one.partition(":")[0] for one in wrong] == ["nonsense", "ada@river.example.edu"]
    assert not Invitation.objects.exists()
    good = lines.replace("nonsense", "").replace("ada@", "ann@")
    assert browser.post(PEOPLE + "invite/", {"role": "member", "emails": good}).url == PEOPLE
    assert Mail.objects.filter(invitation__email__in=("one@river.example.edu", "two@river.example.edu")).count() == 2
    page = browser.get(PEOPLE).content.decode()
    for row in Invitation.objects.all():
        assert row.token in page
    assert Invitation.objects.count() == 3


def test_an_invitation_is_emailed_again_but_not_twice_in_a_row(ada, omar, zoe, link, as_):
    link(email="new@river.example.edu")
    row, mail = Invitation.objects.get(), Mail.objects.get()
    again = f"/organizations/river/invitations/{row.pk}/"
    assert "a few minutes ago" in said(as_(omar).post(again, {"again": "1"}, follow=True)), "it still waits"
    Mail.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    assert "emailed to new@river.example.edu again" in said(as_(omar).post(again, {"again": "1"}, follow=True))
    fresh = Mail.objects.get()
    assert fresh.sent_at is None
    assert fresh.uid != mail.uid, "mail programs hide a second message with the same ID"
    assert AuditEvent.objects.get(verb="member.resend").subject == "new@river.example.edu"
    assert "a few minutes ago" in said(as_(omar).post(again, {"again": "1"}, follow=True))
    assert as_(zoe).post(again, {"again": "1"}).status_code == 404
    Invitation.objects.update(used_at=timezone.now())
    assert "was already used or has ended" in said(as_(omar).post(again, {"again": "1"}, follow=True))


def test_an_admin_sees_no_button_that_leads_to_a_refusal(ada, omar, as_):
    assert at(ada) not in as_(omar).get(PEOPLE).content.decode()
    assert at(ada) in as_(ada).get(PEOPLE).content.decode()


def test_an_admin_invites_no_owner(omar, as_):
    assert as_(omar).post(PEOPLE + "invite/", {"role": "owner"}).status_code == 422
    assert "Can do everything an admin can" not in as_(omar).get(PEOPLE + "invite/").content.decode()
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(("who", "status"), [("ines", 403), ("mia", 403), ("zoe", 404), (None, 302)])
def test_other_roles_create_and_withdraw_no_link(who, status, cast, link, as_):
    link()
    row = Invitation.objects.get()
    browser = as_(cast[who] if who else None)
    assert browser.post(PEOPLE + "invite/", {"role": "member"}).status_code == status
    assert browser.post(f"/organizations/river/invitations/{row.pk}/").status_code == status
    row.refresh_from_db()
    assert row.revoked_at is None
    assert Invitation.objects.count() == 1


def test_a_withdrawn_link_opens_nothing_and_is_withdrawn_once(omar, mia, zoe, link, as_):
    path = link()
    row = Invitation.objects.get()
    withdraw = f"/organizations/river/invitations/{row.pk}/"
    assert "Withdraw the invitation" in as_(omar).get(withdraw).content.decode()
    assert as_(omar).post(withdraw).url == PEOPLE
    again = as_(omar).post(withdraw, follow=True)
    assert "was already used or has ended" in said(again)
    assert as_(zoe).post(path).status_code == 410
    assert of(zoe) is None
    assert AuditEvent.objects.filter(verb="member.revoke").count() == 1


def test_a_link_of_another_organisation_is_not_reached_through_mine(zoe, link, as_):
    link()
    row = Invitation.objects.get()
    assert as_(zoe).post(f"/organizations/lake/invitations/{row.pk}/").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


# --- using links ----------------------------------------------------------------------------------------------------


def test_an_anonymous_visitor_reads_what_it_is_and_returns_after_the_sign_in(zoe, link, as_):
    path = link("instructor")
    browser = as_(None)
    page = browser.get(path).content.decode()
    for word in ("River University", "Ada Okafor", "Instructor", f"/sign-in/?next={path}"):
        assert word in page, word
    assert browser.post(path).url == f"/sign-in/?next={path}"
    browser.force_login(zoe)
    assert "Zoe Martin" in browser.get(path).content.decode()
    assert of(zoe) is None  # opening the link does not accept it
    assert browser.post(path).url == "/organizations/river/"
    assert of(zoe).role == Role.INSTRUCTOR
    assert AuditEvent.objects.get(verb="member.join").actor == "zoe"


def test_a_link_works_once(zoe, link, as_):
    path = link()
    as_(zoe).post(path)
    other = User.objects.create_user("other")
    for answer in (as_(other).get(path), as_(other).post(path)):
        assert answer.status_code == 410
        assert "This link has already been used" in answer.content.decode()
    assert of(other) is None


def test_a_link_with_an_address_is_for_that_confirmed_address_only(zoe, link, as_):
    path = link(email="new@river.example.edu")
    page = as_(zoe).get(path).content.decode()
    assert "another person" in page
    assert as_(zoe).post(path).status_code == 403
    User.objects.filter(pk=zoe.pk).update(email="New@River.example.edu", email_verified=False)
    assert as_(zoe).post(path).status_code == 403
    assert of(zoe) is None
    User.objects.filter(pk=zoe.pk).update(email_verified=True)
    assert as_(zoe).post(path).status_code == 302
    assert of(zoe)


def test_a_member_keeps_their_role_and_the_link_stays_unused(mia, ada, link, as_):
    path = link("admin")
    assert "You are a member of River University" in as_(mia).get(path).content.decode()
    answer = as_(mia).post(path)
    assert answer.status_code == 409
    assert of(mia).role == Role.MEMBER
    assert Invitation.objects.usable(timezone.now()).exists()


def test_an_expired_link_says_so(zoe, link, as_):
    path = link()
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for answer in (as_(zoe).get(path), as_(zoe).post(path), as_(None).get(path)):
        assert answer.status_code == 410
        assert "has expired" in answer.content.decode()
    assert of(zoe) is None


@pytest.mark.parametrize("token", ["nothing", "%00", "x" * 2000, "..%2f..%2f", "'--"])
def test_an_unknown_link_is_a_friendly_404(token, river, as_):
    answer = as_(None).get(f"/invitations/{token}/")
    assert answer.status_code == 404
    assert answer.content


def test_the_token_of_a_link_is_never_logged(zoe, ada, link, as_, caplog):
    caplog.set_level(logging.DEBUG)
    path = link()
    token = Invitation.objects.get().token
    browser = as_(zoe)
    opened = browser.get(path)
    assert opened["Referrer-Policy"] == "same-origin"  # so that other sites don't receive it
    assert "no-store" in opened["Cache-Control"]
    browser.post(path)
    browser.get(path)
    ours = [record for record in caplog.records if not record.name.startswith("django.db")]
    assert token not in " ".join(record.getMessage() for record in ours if record.levelno >= logging.INFO)
    assert token not in str(list(AuditEvent.objects.values()))

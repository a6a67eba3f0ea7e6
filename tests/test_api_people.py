"""Members, invitations and people's own account in the API."""

from datetime import timedelta

import pytest
from django.utils import timezone

from hubs.accounts.services import service_accounts
from hubs.models import AuditEvent, Invitation, Mail, Membership, Role, User
from hubs.organizations import services

from .callers import caller, errors

pytestmark = pytest.mark.django_db
MEMBERS, INVITATIONS = "organizations/river/members/", "organizations/river/invitations/"
ACCEPT = "invitations/accept/"


def one(person, river):
    return f"{MEMBERS}{river.memberships.get(user=person).pk}/"


# --- members --------------------------------------------------------------------------------------------------------
def test_the_list_has_every_member(cast, river):
    call = caller(cast["ines"])
    rows = call("GET", MEMBERS).json()["results"]
    assert {row["username"]: row["role"] for row in rows} == {
        "ada": "owner", "omar": "admin", "ines": "instructor", "mia": "member"
    }  # fmt: skip
    assert [row["username"] for row in call("GET", f"{MEMBERS}?role=owner").json()["results"]] == ["ada"]
    assert [row["username"] for row in call("GET", f"{MEMBERS}?q=hadd").json()["results"]] == ["omar"]
    assert call("GET", one(cast["ada"], river)).json()["name"] == "Ada Okafor"
    errors(call("GET", f"{MEMBERS}99999/"), 404)


def test_a_role_is_changed_only_as_it_was_read(omar, ada, mia, river):
    call, path = caller(omar), one(mia, river)
    read = call("GET", path)
    done = call("PATCH", path, {"role": "instructor"}, If_Match=read["ETag"])
    assert (done.status_code, done.json()["role"]) == (200, "instructor")
    errors(call("PATCH", path, {"role": "member"}, If_Match=read["ETag"]), 412)
    assert set(errors(call("PATCH", path, {"role": "queen"}))) == {"role"}
    errors(call("PATCH", path, {"role": "owner"}), 403)
    errors(call("PATCH", one(ada, river), {"role": "member"}), 403)
    assert Membership.objects.get(user=mia).role == Role.INSTRUCTOR
    assert Membership.objects.get(user=ada).role == Role.OWNER


def test_the_last_owner_stays_and_others_can_leave(ada, mia, river):
    call = caller(ada)
    errors(call("DELETE", one(ada, river)), 409)
    assert call("DELETE", one(mia, river)).status_code == 204
    assert list(river.memberships.values_list("user__username", flat=True)) == ["ada"]


# --- invitations ----------------------------------------------------------------------------------------------------
def test_a_link_is_shown_once_and_makes_one_member(ada, zoe, river):
    call = caller(ada)
    made = call("POST", INVITATIONS, {"role": "instructor"}, Idempotency_Key="k")
    assert made.status_code == 201
    token = made.json()["token"]
    assert made.json()["link"].endswith(f"/invitations/{token}/")
    again = call("POST", INVITATIONS, {"role": "instructor"}, Idempotency_Key="k")
    assert (again.json()["id"], again.json()["token"], again.json()["link"]) == (made.json()["id"], None, None)
    assert token not in call("GET", INVITATIONS).content.decode()
    joined = caller(zoe)("POST", ACCEPT, {"token": token})
    assert (joined.status_code, joined.json()["organization"], joined.json()["role"]) == (201, "river", "instructor")
    errors(caller(zoe)("POST", ACCEPT, {"token": token}), 409)
    assert call("GET", INVITATIONS).json()["results"] == [], "a used one is none any more"
    assert AuditEvent.objects.filter(verb="member.join").count() == 1


def test_a_withdrawn_link_opens_nothing(ada, zoe, river):
    row = services.invite(organization=river, by=ada, role="member")
    call = caller(ada)
    assert call("DELETE", f"{INVITATIONS}{row.pk}/").status_code == 204
    errors(call("DELETE", f"{INVITATIONS}{row.pk}/"), 409)
    errors(caller(zoe)("POST", ACCEPT, {"token": row.token}), 409)
    assert not river.memberships.filter(user=zoe).exists()


def test_an_invitation_is_sent_again_by_a_program(ada, ines, river):
    row = services.invite(organization=river, by=ada, role="member", email="new@river.example.edu")
    errors(caller(ada)("POST", f"{INVITATIONS}{row.pk}/send/"), 409)  # it still waits to be sent
    Mail.objects.update(sent_at=timezone.now() - timedelta(hours=1))
    assert caller(ada)("POST", f"{INVITATIONS}{row.pk}/send/").json()["email"] == "new@river.example.edu"
    assert Mail.objects.get().sent_at is None
    errors(caller(ines)("POST", f"{INVITATIONS}{row.pk}/send/"), 403)


@pytest.mark.parametrize("token", ["nobody-made-this", "x" * 64])
def test_a_guessed_link_is_404(token, zoe, river):
    errors(caller(zoe)("POST", ACCEPT, {"token": token}), 404)


def test_people_who_may_not_join_leave_the_link_unused(ada, zoe, river, lake):
    row = services.invite(organization=river, by=ada, role="member", email="somebody@else.example")
    errors(caller(zoe)("POST", ACCEPT, {"token": row.token}), 403)
    row = services.invite(organization=river, by=ada, role="member")
    errors(caller(zoe, "read", "administer", organization=lake)("POST", ACCEPT, {"token": row.token}), 404)
    errors(caller(zoe, "read", "operate")("POST", ACCEPT, {"token": row.token}), 403)
    script = service_accounts.create(organization=lake, by=zoe, name="script", role="admin")
    errors(caller(script)("POST", ACCEPT, {"token": row.token}), 403)
    assert Invitation.objects.usable(timezone.now()).filter(pk=row.pk).exists(), "it was not used"


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [({"role": "queen"}, 422, "role"), ({"email": "no address"}, 422, "email"), ({"role": "owner"}, 403, "")],
)
def test_errors_of_an_invitation_are_reported(body, status, field, omar, river):
    assert set(errors(caller(omar)("POST", INVITATIONS, body), status)) == {field}
    assert not Invitation.objects.exists()


# --- own account ----------------------------------------------------------------------------------------------------
def test_a_person_changes_their_name_and_reads_their_roles(ines, river):
    call = caller(ines)
    assert call("PATCH", "me/", {"name": "  Inês   Duarte "}).json()["name"] == "Inês Duarte"
    assert User.objects.get(pk=ines.pk).name == "Inês Duarte"
    for wrong in ({"name": ""}, {}, {"username": "boss"}, {"name": "Inês", "is_staff": True}):
        errors(call("PATCH", "me/", wrong))
    errors(caller(ines, "read", "administer", organization=river)("PATCH", "me/", {"name": "Boss"}), 403)
    errors(caller(ines, "read")("PATCH", "me/", {"name": "Boss"}), 403)
    assert User.objects.get(pk=ines.pk).name == "Inês Duarte"
    assert AuditEvent.objects.filter(verb="account.name").count() == 1


def test_a_service_account_keeps_its_name(ada, river):
    script = service_accounts.create(organization=river, by=ada, name="script", role="admin")
    errors(caller(script)("PATCH", "me/", {"name": "Ada Okafor"}), 403)
    script.refresh_from_db()
    assert script.name == "script"

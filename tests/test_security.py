"""Attacks that must fail: rights that outlive a role, and addresses that only look alike."""

import httpx
import pytest
from django.core.exceptions import PermissionDenied

from hubs import access
from hubs.access import Permission
from hubs.errors import Conflict, NotAllowed
from hubs.models import Hub, Invitation, RosterEntry, User
from hubs.organizations import services as organizations
from hubs.requests.services import requests as requests_service
from hubs.roster.queries.people import people_of
from hubs.user_limits.rules import ADMINS
from portal.asgi import MOST, application


@pytest.fixture
async def client_of_the_web_process():
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


def invite(river, by, role="admin"):
    return organizations.invite(organization=river, by=by, role=role)


def test_a_draft_does_not_outlive_the_right_to_run_the_hub(as_, hub, ivo, enrol):
    entry = enrol(hub, ivo, RosterEntry.Role.ADMIN)
    row = requests_service.begin_change(reason="For the course.", hub=hub, by=ivo, values={"signIn.adminUsers": "ivo"})
    assert access.request(ivo, row.uid, Permission.OPERATE) == row
    entry.delete()
    client = as_(ivo)
    assert client.post(f"/requests/{row.uid}/review/", {"reason": "x"}).status_code == 403
    assert client.post(f"/requests/{row.uid}/save/", {"step": "about"}).status_code == 403
    hub.refresh_from_db()
    assert hub.role_of(ivo) == ""
    with pytest.raises(PermissionDenied):
        access.editable_request(ivo, row.uid)


@pytest.mark.parametrize("how", ["member", "removed"])
def test_a_hub_admin_by_user_name_must_be_a_member_of_the_organisation(how, as_, hub, ines, ada, ivo):
    """A user name counts only for members. Outsiders are named by address, or on the roster."""
    row = hub.revision
    row.data = {**row.data, "signIn": {**row.data["signIn"], "adminUsers": ["ivo", ivo.email]}}
    row.save(update_fields=["data"])
    if how == "removed":
        organizations.remove(membership=hub.organization.memberships.get(user=ivo), by=ada)
    for vouched in (False, True):
        User.objects.filter(pk=ivo.pk).update(email_verified=vouched)
        hub, person = Hub.objects.get(pk=hub.pk), User.objects.get(pk=ivo.pk)
        here = how == "member" or vouched
        assert hub.role_of(person) == ("admin" if here else "")
        assert (ADMINS in people_of(hub, ["ivo"])["ivo"].groups) == here, "user limits and groups follow the same rule"
        assert ("<code>ivo</code>" in as_(ines).get(f"/hubs/{hub.uid}/people/").content.decode()) == (how == "member")


@pytest.mark.parametrize("how", ["removed", "demoted"])
def test_invitations_end_with_their_creators_role(how, river, ada, omar, zoe):
    row = invite(river, omar)
    membership = river.memberships.get(user=omar)
    if how == "removed":
        organizations.remove(membership=membership, by=ada)
    else:
        organizations.change_role(membership=membership, by=ada, role="instructor")
    with pytest.raises(Conflict):
        organizations.accept(invitation=Invitation.objects.get(pk=row.pk), by=zoe)
    assert not river.memberships.filter(user=zoe).exists()


def test_an_owner_who_becomes_admin_keeps_invitations_that_admins_may_make(river, ada, omar, zoe):
    organizations.change_role(membership=river.memberships.get(user=omar), by=ada, role="owner")
    teacher, owner = invite(river, ada, "instructor"), invite(river, ada, "owner")
    organizations.change_role(membership=river.memberships.get(user=ada), by=omar, role="admin")
    open_ones = {row.pk for row in river.invitations.filter(revoked_at=None)}
    assert teacher.pk in open_ones
    assert owner.pk not in open_ones


def test_a_link_of_a_disabled_account_opens_nothing(river, omar, zoe):
    row = invite(river, omar)
    User.objects.filter(pk=omar.pk).update(is_active=False)
    with pytest.raises(Conflict):
        organizations.accept(invitation=Invitation.objects.get(pk=row.pk), by=zoe)


def test_an_admin_can_not_demote_a_member_who_became_owner_meanwhile(river, ada, omar, mia):
    read_before = river.memberships.get(user=mia)
    organizations.change_role(membership=river.memberships.get(user=mia), by=ada, role="owner")
    with pytest.raises(NotAllowed):
        organizations.change_role(membership=read_before, by=omar, role="member")
    read_before.role = "member"
    with pytest.raises(NotAllowed):
        organizations.remove(membership=read_before, by=omar)


def test_an_address_that_changes_when_lower_cased_opens_nothing(hub, zoe):
    RosterEntry.objects.create(hub=hub, email="kim@lake.example.edu")
    zoe.email = "\N{KELVIN SIGN}im@lake.example.edu"
    assert zoe.verified_email == ""
    assert hub.role_of(zoe) == ""
    zoe.email = "Kim@lake.example.edu"
    assert hub.role_of(zoe) == "user"


async def test_an_endless_body_is_not_read(client_of_the_web_process):
    read = 0

    async def endless():
        nonlocal read
        while True:
            read += 64 * 1024
            yield b"x" * 64 * 1024

    response = await client_of_the_web_process.post("/sign-in/", content=endless())
    assert response.status_code == 413
    assert read < 2 * MOST
    small = await client_of_the_web_process.post("/sign-in/", content=b"x" * 1024)
    assert small.status_code == 403, "read, and refused without a token"

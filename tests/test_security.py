"""What an attacker would try, and finds shut: rights that outlive their role, addresses that only look alike."""

import pytest
from django.core.exceptions import PermissionDenied

from hubs import access
from hubs.access import Permission
from hubs.models import RosterEntry
from hubs.services import organizations
from hubs.services import requests as requests_service
from tests.conftest import member


@pytest.fixture
def ivo(river):
    """Another instructor, who made no hub."""
    return member(river, "ivo", "Ivo Novak", "instructor")


def invite(river, by, role="admin"):
    return organizations.invite(organization=river, by=by, role=role)


def test_a_draft_does_not_outlive_the_right_to_run_the_hub(as_, hub, ivo, enrol):
    entry = enrol(hub, ivo, RosterEntry.Role.ADMIN)
    row = requests_service.begin_change(hub=hub, by=ivo, values={"signIn.adminUsers": "ivo"})
    assert access.request(ivo, row.uid, Permission.OPERATE) == row
    entry.delete()
    client = as_(ivo)
    assert client.post(f"/requests/{row.uid}/review/", {"reason": "x"}).status_code == 403
    assert client.post(f"/requests/{row.uid}/save/", {"step": "about"}).status_code == 403
    hub.refresh_from_db()
    assert hub.role_of(ivo) == ""
    with pytest.raises(PermissionDenied):
        access.editable_request(ivo, row.uid)

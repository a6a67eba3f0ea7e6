"""Rights are read once a request: pages reuse the rows and permissions that `access` returns."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs import access
from hubs.access import Permission
from hubs.models import Membership, Role
from hubs.requests.services import requests

pytestmark = pytest.mark.django_db


def asked(client, path, table):
    """Return how many queries of a page select from this table first."""
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    first = [query["sql"].partition(" FROM ")[2] for query in queries.captured_queries]
    return sum(words.startswith(f'"{table}"') for words in first)


@pytest.mark.parametrize("who", ["ines", "omar"])
def test_the_page_of_a_hub_queries_the_hub_and_the_role_once(who, cast, ready_hub, as_, request):
    client, path = as_(request.getfixturevalue(who)), reverse("hub", args=[ready_hub.uid])
    assert asked(client, path, "hubs_membership") == 2  # the role, and whom the footer names
    assert asked(client, path, "hubs_hub") == 1


def test_the_page_of_a_request_queries_the_request_and_the_role_once(draft, ines, as_):
    client, path = as_(ines), reverse("request", args=[draft.uid])
    assert asked(client, path, "hubs_changerequest") == 2  # the row, and a count of other waiting requests
    assert asked(client, path, "hubs_membership") == 2  # the role, and whom the footer names


def test_a_lost_role_counts_from_the_next_access(ines, ready_hub):
    first = access.hub(ines, ready_hub.uid)
    assert Permission.OPERATE in access.may(ines, first)
    Membership.objects.filter(user=ines).update(role=Role.MEMBER)
    assert Permission.OPERATE not in access.on_hub(ines, first)
    assert Permission.OPERATE not in access.may(ines, access.hub(ines, ready_hub.uid, Permission.ENTER))


def test_permissions_of_one_person_are_not_reused_for_another(ines, mia, ready_hub):
    row = access.hub(ines, ready_hub.uid)
    assert access.may(mia, row) == access.on_hub(mia, row) != access.may(ines, row)


def test_a_change_has_the_rows_that_came_with_its_hub(ready_hub, ines, django_assert_num_queries):
    uid = requests.begin_change(hub=ready_hub, by=ines).uid
    row = access.request(ines, uid)
    with django_assert_num_queries(0):
        assert row.hub.organization is row.organization
        assert row.base_revision is row.hub.revision


@pytest.mark.parametrize(("who", "page"), [("ines", "home"), ("ines", "request-list")])
def test_a_list_reads_no_specs_of_requests(who, page, draft, waiting, as_, request):
    client = as_(request.getfixturevalue(who))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(page)).status_code == 200
    assert not [query["sql"] for query in queries.captured_queries if '"spec_data"' in query["sql"]]

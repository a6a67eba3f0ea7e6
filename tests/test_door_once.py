"""The door says what may be done, once a request: the pages behind it do not ask who this is again."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs import access
from hubs.access import Permission
from hubs.models import Membership, Role
from hubs.requests.services import requests

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _contact(settings):
    """Else the footer asks whether somebody runs an organisation, to say whom they can ask."""
    settings.SUPPORT_CONTACT = "help@example.org"


def asked(client, path, table):
    """How often one page asks this table for its first rows."""
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    first = [query["sql"].partition(" FROM ")[2] for query in queries.captured_queries]
    return sum(words.startswith(f'"{table}"') for words in first)


@pytest.mark.parametrize("who", ["ines", "omar"])
def test_the_page_of_a_hub_asks_once_for_the_hub_and_once_for_the_role(who, cast, ready_hub, as_, request):
    client, path = as_(request.getfixturevalue(who)), reverse("hub", args=[ready_hub.uid])
    assert asked(client, path, "hubs_membership") == 1
    assert asked(client, path, "hubs_hub") == 1


def test_the_page_of_a_request_asks_once_for_the_request_and_once_for_the_role(draft, ines, as_):
    client, path = as_(ines), reverse("request", args=[draft.uid])
    assert asked(client, path, "hubs_changerequest") == 2  # the row; how many others of the organisation wait
    assert asked(client, path, "hubs_membership") == 1


def test_who_is_no_longer_what_they_were_learns_it_at_the_next_door(ines, ready_hub):
    first = access.hub(ines, ready_hub.uid)
    assert Permission.OPERATE in access.may(ines, first)
    Membership.objects.filter(user=ines).update(role=Role.MEMBER)
    assert Permission.OPERATE not in access.on_hub(ines, first)
    assert Permission.OPERATE not in access.may(ines, access.hub(ines, ready_hub.uid, Permission.ENTER))


def test_what_one_person_was_granted_is_nobody_elses(ines, mia, ready_hub):
    row = access.hub(ines, ready_hub.uid)
    assert access.may(mia, row) == access.on_hub(mia, row) != access.may(ines, row)


def test_a_change_has_the_rows_that_came_with_its_hub(ready_hub, ines, django_assert_num_queries):
    uid = requests.begin_change(hub=ready_hub, by=ines).uid
    row = access.request(ines, uid)
    with django_assert_num_queries(0):
        assert row.hub.organization is row.organization
        assert row.base_revision is row.hub.revision


@pytest.mark.parametrize(("who", "page"), [("ines", "home"), ("ines", "request-list"), ("stan", "queue")])
def test_a_list_reads_no_specs_of_requests(who, page, draft, waiting, as_, request):
    client = as_(request.getfixturevalue(who))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse(page)).status_code == 200
    assert not [query["sql"] for query in queries.captured_queries if '"spec_data"' in query["sql"]]

"""The history of a hub: revisions, their differences, and going back."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from hubs.hub.services import hubs as hub_services
from hubs.models import ChangeRequest, Hub, ProvisioningRun, RunStep
from hubs.requests.services import decisions, requests
from provisioning import timeline
from tests.words import START_HUB

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode()


def url(name, hub):
    return reverse(name, args=[hub.uid])


def set_(hub, **values):
    Hub.objects.filter(pk=hub.pk).update(**values)
    hub.refresh_from_db()


@pytest.fixture
def changed(ready_hub, omar):
    """The hub with a second revision: memory 1 -> 2 GiB."""
    hub_services.set_user_limits(hub=ready_hub, by=omar, values={"singleuser.memory.limit": "2"})
    ready_hub.refresh_from_db()
    return ready_hub


def test_revisions_requests_and_differences_are_shown(as_, changed, ines, omar, ivo):
    ProvisioningRun.objects.create(hub=changed, kind="change", generation=2, note="Memory per person: 1 GiB → 2 GiB")
    page = text(as_(omar).get(url("hub-history", changed)))
    for words in ("First version", "Memory per person: 1 GiB → 2 GiB", "current", "Omar Haddad", "View request"):
        assert words in page, words
    compared = text(as_(ivo).get(f"{url('hub-history', changed)}?from=1&to=2"))
    assert "From revision 1 to 2" in compared
    assert "<ins>2 GiB</ins>" in compared
    assert "Go back" not in compared
    assert "View request" not in compared, "what people wrote in requests is not for everybody"
    assert re.search(r"Revision 1\s*</h2>", text(as_(ines).get(f"{url('hub-history', changed)}?to=1")))


@pytest.mark.parametrize("query", ["from=1&to=99", "from=x&to=%00", "to=-1", "from=99&to=1", "to=²", "to=999999999999"])
def test_an_unknown_revision_is_not_found(query, as_, changed, ines):
    page = text(as_(ines).get(f"{url('hub-history', changed)}?{query}"))
    assert "Revision not found" in page


def test_going_back_is_a_request_with_the_old_answers(as_, changed, ines):
    assert "Restore revision 1<" in text(as_(ines).get(f"{url('hub-history', changed)}?from=2&to=1"))
    response = as_(ines).post(url("hub-history", changed), {"revision": "1"})
    row = ChangeRequest.objects.get(kind="change", state="draft")
    assert response["Location"] == reverse("request-review", args=[row.uid])
    assert row.base_revision.number == 2
    requests.submit(request=row, by=ines)
    changed.refresh_from_db()
    assert changed.revision.number == 3
    assert changed.spec.singleuser.memory.limit == "1G"


@pytest.mark.parametrize(("who", "status"), [("mia", 403), ("zoe", 404), (None, 302)])
def test_other_roles_may_not_go_back(who, status, as_, cast, changed):
    client = as_(cast[who] if who else None)
    assert client.post(url("hub-history", changed), {"revision": "1"}).status_code == status
    assert not ChangeRequest.objects.filter(state="draft").exists()


def test_going_back_to_nothing_and_on_a_retired_hub(as_, changed, ines):
    assert as_(ines).post(url("hub-history", changed), {"revision": "x"}).status_code == 302
    set_(changed, desired_state="retired")
    assert as_(ines).post(url("hub-history", changed), {"revision": "1"}).status_code == 409
    assert not ChangeRequest.objects.filter(state="draft").exists()
    assert as_(ines).delete(url("hub-history", changed)).status_code == 405


def test_the_history_does_not_cost_a_query_a_row(as_, changed, ines):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert as_(ines).get(url("hub-history", changed)).status_code == 200
            assert as_(ines).get(url("hub", changed)).status_code == 200
        return len(found)

    def more(numbers):
        for number in numbers:
            changed.revisions.create(number=number, data=changed.revision.data, author=ines, message="more")
            run = ProvisioningRun.objects.create(
                hub=changed, kind="repair", generation=2, result="succeeded", finished_at=timezone.now()
            )
            RunStep.objects.create(run=run, name="hub", title=START_HUB, finished_at=timezone.now())

    set_(changed, observed_at=timezone.now())
    more([3])
    few = queries()
    more(range(4, 60))
    assert queries() == few


def test_a_revision_names_who_approved_it_and_a_run_who_suspended_the_hub(as_, waiting, stan, ines):
    decisions.approve(request=waiting, by=stan, seen=waiting.content_hash)
    hub = Hub.objects.get(pk=waiting.result.hub_id)
    page = text(as_(ines).get(url("hub-history", hub)))
    assert "approved by Stan Weber" in page
    assert "Other requests" not in page, "this one led to a revision"
    hub_services.suspend(hub=hub, by=ines)
    assert timeline.open_run(hub).note == "By Ines Duarte."

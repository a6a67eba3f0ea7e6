"""The panel “What will happen”: live while a change is typed, on the review page, and on the page of the decision."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from hubs.models import ChangeRequest, Cluster, Hub, HubRevision
from hubs.requests.services import requests as services
from tests.words import AUTOMATIC, NEEDS_REVIEW, RESTARTS, TOTAL_MEMORY

pytestmark = pytest.mark.django_db
TYPING = {"HX-Request": "true", "HX-Target": "forecast"}
POOL = {"name": "teaching", "memory": "64Gi", "cpu": 16, "pricePerHour": 0.64}


@pytest.fixture
def change(ready_hub, ines):
    """A change of a hub where two people work."""
    Hub.objects.filter(pk=ready_hub.pk).update(servers=[{"user": "mia", "name": ""}, {"user": "omar", "name": ""}])
    return services.begin_change(reason="For the course.", hub=Hub.objects.get(pk=ready_hub.pk), by=ines)


def typing(client, row, step, **texts):
    answer = client.post(reverse("request-edit", args=[row.uid, step]), {"step": step, **texts}, headers=TYPING)
    assert answer.status_code == 200
    return answer.content.decode()


def test_while_typing_it_shows_what_restarts_and_who_is_affected(as_, ines, change):
    panel = typing(as_(ines), change, "software", **{"singleuser.image.tag": "2026-11-01"})
    assert "<ins>2026-11-01</ins>" in panel
    assert RESTARTS in panel
    assert "2 servers are running." in panel
    assert AUTOMATIC in panel
    change.refresh_from_db()
    assert change.draft["singleuser.image.tag"] != "2026-11-01", "nothing is saved"


def test_it_shows_that_review_is_needed_and_what_is_added(as_, ines, change):
    panel = typing(as_(ines), change, "sizes", **{"singleuser.memory.limit": "64"})
    assert NEEDS_REVIEW in panel
    assert TOTAL_MEMORY in panel


def test_a_hub_that_stays_longer_asks_for_nothing_more(as_, ines, change):
    services.save(request=change, by=ines, values={"about.ends": "2027-06-01"})
    assert "with this request" not in typing(as_(ines), change, "about", **{"about.ends": "2027-07-01"})


def test_nothing_typed_nothing_happens(as_, ines, change):
    panel = typing(as_(ines), change, "software")
    assert "No changes yet." in panel
    assert "restarts" not in panel


def test_the_new_cost_is_shown_beside_the_old_one(as_, ines, change):
    Cluster.objects.update(node_pools=[POOL], storage_price=0.1)
    panel = typing(as_(ines), change, "about", **{"about.title": "Statistics 101", "about.heads": "50"})
    assert "Costs about" in panel
    assert "(now " in panel
    assert "EUR" in panel


def test_the_review_and_the_approver_see_the_same(as_, ines, stan, change):
    services.save(request=change, by=ines, values={"singleuser.memory.limit": "64"})
    change.refresh_from_db()
    review = as_(ines).get(reverse("request-review", args=[change.uid])).content.decode()
    services.submit(request=change, by=ines)
    decides = as_(stan).get(reverse("request", args=[change.uid])).content.decode()
    for page in (review, decides):
        assert RESTARTS in page
        assert "2 servers are running." in page
    assert 'id="happens"' in decides


def test_the_page_of_user_limits_shows_it_too(as_, omar, change):
    client = as_(omar)
    answer = client.post(
        reverse("hub-limits", args=[change.hub.uid]), {"singleuser.memory.limit": "1.5"}, headers=TYPING
    )
    panel = answer.content.decode()
    assert "<ins>1.5 GiB</ins>" in panel
    assert "2 servers are running." in panel
    assert ChangeRequest.objects.filter(hub=change.hub).exclude(pk=change.pk).count() == 1, (
        "only the hub's own limits, no new request"
    )


def test_another_persons_panel_is_not_found(as_, zoe, change):
    answer = as_(zoe).post(reverse("request-edit", args=[change.uid, "about"]), {"step": "about"}, headers=TYPING)
    assert answer.status_code == 404


def test_queries_do_not_grow_with_hubs(as_, ines, change):
    client = as_(ines)

    def queries():
        with CaptureQueriesContext(connection) as caught:
            typing(client, change, "software", **{"singleuser.image.tag": "2026-11-01"})
        return len(caught)

    queries()  # the first request fills caches
    few = queries()
    hub = change.hub
    for number in range(100):
        other = Hub.objects.create(
            organization=hub.organization, cluster=hub.cluster, slug=f"other-{number}", title="Other", created_by=ines
        )
        HubRevision.objects.create(hub=other, number=1, data=hub.revision.data, author=ines)
    assert queries() == few

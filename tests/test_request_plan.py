"""What an approval would change in the cluster, shown to staff."""

import pytest
from django.urls import reverse

from hubs.models import Hub, HubPort, HubSecret
from hubs.requests.services import requests as services
from provisioning.contract import Planned
from provisioning.errors import Refused

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "plan"}


def text(response):
    return response.content.decode()


def plan_of(row):
    return reverse("request-plan", args=[row.uid])


@pytest.fixture
def change(ready_hub, ines, in_cluster):
    """A change to more people than the limit, so that it needs review."""
    row = services.begin_change(reason="For the course.", hub=ready_hub, by=ines, values={"about.heads": "500"})
    return services.submit(request=row, by=ines)


def test_the_page_loads_the_plan_afterwards(as_, waiting, in_cluster, pretended, stan, ada):
    pretended.reachable = False
    page = text(as_(stan).get(reverse("request", args=[waiting.uid])))
    assert f'hx-get="{plan_of(waiting)}"' in page
    assert 'hx-trigger="load"' in page
    assert "What would change" not in text(as_(ada).get(reverse("request", args=[waiting.uid])))


def test_on_one_machine_there_is_no_plan(as_, waiting, stan):
    assert "What would change" not in text(as_(stan).get(reverse("request", args=[waiting.uid])))
    assert "Nothing in the cluster would change." in text(as_(stan).get(plan_of(waiting)))


def test_roles_that_may_see_the_plan(as_, cast, waiting, in_cluster):
    for who, status in (("ines", 403), ("ada", 403), ("mia", 404), ("zoe", 404), ("stan", 200)):
        assert as_(cast[who]).get(plan_of(waiting)).status_code == status, who


def test_the_plan_lists_every_object_with_its_changes(as_, change, pretended, stan):
    pretended.planned = (
        Planned("hub", "Deployment", "hub", "change", (("spec.replicas", "1", "2"), ("spec.image", "", "<new>"))),
        Planned("hub", "Secret", "hub", "change", (("data.token", "•••", "•••"),)),
        Planned("hub", "ConfigMap", "extra", "create"),
        Planned("hub", "Service", "old", "delete"),
        Planned("hub", "ConfigMap", "long", "change", (("data.text", "x" * 9000, "y"),)),
    )
    page = text(as_(stan).get(plan_of(change), headers=HTMX))
    assert "<html" not in page
    for words in (
        "1 object new, 3 objects changed and 1 object removed.",
        "Only the hub itself restarts; people’s servers continue.",
        "spec.replicas",
        "&lt;new&gt;",
        "•••",
        "2 fields",
        "(9,000 characters)",
    ):
        assert words in page, words
    assert "x" * 2001 not in page
    assert 'id="plan"' in text(as_(stan).get(plan_of(change))), "also as a page of its own"


@pytest.mark.parametrize(
    ("part", "words"),
    [("proxy", "interrupts all connections"), ("files", "Nothing restarts."), ("hub", "Only the hub itself")],
)
def test_the_plan_names_what_restarts(part, words, as_, change, pretended, stan):
    pretended.planned = (Planned(part, "ConfigMap", "x", "change", (("data", "1", "2"),)),)
    assert words in text(as_(stan).get(plan_of(change), headers=HTMX))


def test_planning_a_new_hub_reserves_nothing(as_, waiting, in_cluster, pretended, stan):
    pretended.planned = (Planned("files", "Namespace", "big-data-x", "create"),)
    page = text(as_(stan).get(plan_of(waiting), headers=HTMX))
    assert "1 object new." in page
    assert "Show objects" in page
    [release] = pretended.asked
    assert [part.name for part in release.parts] == ["files", "proxy", "hub", "address"]
    assert release.target.url == "https://big-data.hubs.example.edu/"
    assert not Hub.objects.filter(slug="big-data").exists()
    assert not HubSecret.objects.exists()
    assert not HubPort.objects.exists()


def test_a_change_is_planned_with_the_hubs_own_secrets_and_desired_state(as_, change, ready_hub, pretended, stan):
    HubSecret.objects.create(hub=ready_hub, name="cookie_secret", value="5eed" * 16)
    as_(stan).get(plan_of(change))
    Hub.objects.filter(pk=ready_hub.pk).update(desired_state="suspended")
    as_(stan).get(plan_of(change))
    running, suspended = pretended.asked
    assert running.target.uid == ready_hub.uid
    assert [part.name for part in suspended.parts] == ["files"]
    assert HubSecret.objects.count() == 1
    ready_hub.refresh_from_db()
    assert ready_hub.spec.about.heads != 500


def test_an_unreachable_or_refusing_cluster_is_reported_in_a_sentence(as_, change, pretended, stan):
    pretended.fail("plan", Refused("The quota of the namespace would be exceeded."))
    page = as_(stan).get(plan_of(change), headers=HTMX)
    assert "The cluster would reject this" in text(page)
    assert "The quota of the namespace would be exceeded." in text(page)
    pretended.reachable = False
    assert "The cluster is not available" in text(as_(stan).get(plan_of(change), headers=HTMX))
    assert as_(stan).get(plan_of(change), headers=HTMX).status_code == 200
    assert as_(stan).get(plan_of(change)).status_code == 503


def test_a_decided_request_is_not_planned(as_, change, pretended, stan, ines):
    services.withdraw(request=change, by=ines)
    pretended.reachable = False
    assert "is no longer waiting for a decision" in text(as_(stan).get(plan_of(change), headers=HTMX))

"""Clusters as staff see them, and what others see while no new hub can be created on a cluster."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from hubs.clusters.rules import Finding
from hubs.clusters.services import clusters as services
from hubs.errors import Conflict
from hubs.models import AuditEvent, ChangeRequest, Cluster, Hub, Organization
from hubs.requests.services import decisions, requests
from provisioning.runtimes.local.runtime import LocalRuntime
from tests.clusters import verbs
from tests.words import THIS_MACHINE

pytestmark = pytest.mark.django_db


def test_the_list_shows_each_cluster_with_its_status(teaching, ready_hub, stan, as_):
    page = as_(stan).get("/staff/clusters/").content.decode()
    for words in ("Teaching cluster", "*.hubs-example.org", "Not checked yet", THIS_MACHINE, "Open"):
        assert words in page, words
    rows = {row.slug: (row.living, row.partners) for row in as_(stan).get("/staff/clusters/").context["clusters"]}
    assert rows == {"here": (1, 1), "teaching": (0, 0)}


def test_the_list_needs_the_same_number_of_queries(stan, cluster, as_):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert as_(stan).get("/staff/clusters/").status_code == 200
        return len(queries)

    few = asked()
    Cluster.objects.bulk_create(Cluster(slug=f"c{n}", name=f"C {n}", runtime="local") for n in range(30))
    assert asked() == few


def test_an_empty_list_says_what_to_do_first(stan, as_):
    assert "Add cluster" in as_(stan).get("/staff/clusters/").content.decode()


def test_what_fails_comes_first(teaching, stan, as_):
    findings = [
        Finding("Answers", True, "Yes."),
        Finding("Room", None, "Not known."),
        Finding("May not patch deployments (apps)", False, "Needed to run a hub."),
    ]
    services.record_check(cluster=teaching, findings=findings)
    page = as_(stan).get("/staff/clusters/teaching/")
    assert [row["ok"] for row in page.context["findings"]] == [False, None, True]
    assert "May not patch deployments (apps)" in page.content.decode()


def test_a_scheduled_check_is_audited_only_when_its_result_changed(teaching):
    good, bad = ([Finding("Answers", ok, ".")] for ok in (True, False))
    for findings in (good, good, bad, bad, good):
        services.record_check(cluster=teaching, findings=findings)
    assert verbs().count("cluster.check") == 3


# --- clusters without new hubs --------------------------------------------------------------------------------------


@pytest.fixture(params=["closed", "failing"])
def shut(request, cluster, stan):
    if request.param == "closed":
        return services.set_open(cluster=cluster, by=stan, open=False)
    return services.record_check(cluster=cluster, findings=[Finding("Answers", False, "No.")])


WORDS = "No new hubs can be created on “This machine” at the moment"


def test_no_new_hub_is_requested_on_a_closed_or_failing_cluster(draft, shut, ines, as_):
    for step in ("edit/about/", "review/"):
        assert WORDS in as_(ines).get(f"/requests/{draft.uid}/{step}").content.decode()
    answer = as_(ines).post(f"/requests/{draft.uid}/review/", {"reason": "For my class."})
    assert answer.status_code == 409
    assert WORDS in answer.content.decode()
    draft.refresh_from_db()
    assert (draft.state, draft.reason) == ("draft", "For my class.")
    assert not Hub.objects.exists()


def test_no_new_hub_is_approved_on_a_closed_or_failing_cluster(waiting, shut, stan):
    with pytest.raises(Conflict, match=WORDS):
        decisions.approve(request=waiting, by=stan, seen=waiting.content_hash)
    assert ChangeRequest.objects.get(pk=waiting.pk).state == "submitted"
    Cluster.objects.update(open=True, healthy=True)
    decisions.approve(request=waiting, by=stan, seen=waiting.content_hash)
    assert Hub.objects.count() == 1


def test_existing_hubs_go_on_and_can_be_changed(ready_hub, shut, ines):
    change = requests.begin_change(
        reason="For the course.", hub=ready_hub, by=ines, values={"about.title": "Statistics 102"}
    )
    assert requests.submit(request=change, by=ines).state == "approved"


def test_it_is_not_offered_to_new_organisations(shut, teaching, stan, as_):
    offered = as_(stan).get("/organizations/new/").context["form"].fields["cluster"].queryset
    assert list(offered) == [teaching]


def test_staff_move_an_organisations_new_hubs_to_another_cluster(ready_hub, shut, teaching, ada, stan, as_):
    path = "/organizations/river/cluster/"
    assert as_(ada).post(path, {"cluster": "teaching"}).status_code == 403
    assert "Cluster of new hubs" not in as_(ada).get("/organizations/river/limits/").content.decode()
    assert "Cluster of new hubs" in as_(stan).get("/organizations/river/limits/").content.decode()
    assert as_(stan).post(path, {"cluster": "teaching"}).url == "/organizations/river/limits/"
    assert Organization.objects.get(slug="river").cluster == teaching
    ready_hub.refresh_from_db()
    assert ready_hub.cluster.slug == "here"  # existing hubs stay
    assert AuditEvent.objects.get(verb="organization.cluster").changes == {
        "cluster": [THIS_MACHINE, "Teaching cluster"]
    }
    assert as_(stan).post(path, {"cluster": "here"}).status_code == 400  # a closed cluster is refused
    assert as_(stan).post(path, {"cluster": "none-such"}).status_code == 400
    assert Organization.objects.get(slug="river").cluster == teaching


def test_a_closed_cluster_is_opened_again(shut, stan, as_):
    as_(stan).post("/staff/clusters/here/open/", {"open": "1"})
    services.record_check(cluster=shut, findings=[])
    shut.refresh_from_db()
    assert shut.offered


def test_a_machine_says_how_large_it_is_and_what_is_allocated(ready_hub, cluster, stan, as_):
    page = as_(stan).get(f"/staff/clusters/{cluster.slug}/").content.decode()
    memory, cores = LocalRuntime.check(cluster, None)
    assert "available now" in memory.message
    assert "core" in cores.message
    for words in ("Allocated memory", "Open. Organisations on this cluster"):
        assert words in page, words


def test_a_failed_check_is_one_box_and_contradicts_nothing(shut, cluster, stan, as_):
    page = as_(stan).get(f"/staff/clusters/{cluster.slug}/").content.decode()
    assert "Open. Organisations on this cluster" not in page
    assert page.count('class="notice bad') == (cluster.healthy is False)

"""Actions that only staff have: pausing updates of a hub, running code in it, and seeing its objects."""

import json
from datetime import timedelta

import pytest
import yaml
from django.urls import reverse
from django.utils import timezone

from hubs.hub.queries.presenters import sentence
from hubs.hub.services import hubs as services
from hubs.models import AuditEvent, Hub
from provisioning import prepare
from provisioning.contract import Applied
from tests.pages import read
from tests.words import CLUSTER_SILENT

pytestmark = pytest.mark.django_db


def text(response):
    return read(response)


def url(name, hub):
    return reverse(name, args=[hub.uid])


def set_(hub, **values):
    Hub.objects.filter(pk=hub.pk).update(**values)
    hub.refresh_from_db()


# --- for staff only ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["hub-objects", "hub-code", "hub-move", "hub-pause", "hub-unpause", "hub-delete-files"]
)
@pytest.mark.parametrize("who", ["mia", "ines", "omar", "ada", "zoe"])
def test_other_roles_have_no_access(name, who, as_, cast, ready_hub, in_cluster):
    set_(ready_hub, keep_files_until=timezone.now() + timedelta(days=2))
    before = Hub.objects.values().get(pk=ready_hub.pk)
    client = as_(cast[who])
    assert client.get(url(name, ready_hub)).status_code in (404, 405)
    assert client.post(url(name, ready_hub), {"reason": "x"}).status_code in (404, 405)
    assert Hub.objects.values().get(pk=ready_hub.pk) == before


# --- code -------------------------------------------------------------------------------------------------------------


def test_staff_add_code_to_a_hub_and_remove_it(as_, ready_hub, in_cluster, stan, sue):
    client, generation = as_(stan), ready_hub.generation
    assert "hub.extraConfig" in text(client.get(url("hub-code", ready_hub)))
    page = client.post(url("hub-code", ready_hub), {"code": "c.JupyterHub.tornado_settings = {}\r\n\r\n"}, follow=True)
    assert "Saved. The hub is restarting." in text(page)
    ready_hub.refresh_from_db()
    assert ready_hub.extra_config == "c.JupyterHub.tornado_settings = {}\n"
    assert ready_hub.generation == generation + 1
    assert ready_hub.reconcile_after <= timezone.now()
    line = AuditEvent.objects.get(verb="hub.code")
    assert line.changes == {"hub.extraConfig": ["", "c.JupyterHub.tornado_settings = {}\n"]}
    config = prepare.release(ready_hub).parts[2].payload["ConfigMap/hub"]["data"]["values.json"]
    assert json.loads(config)["hub"]["extraConfig"] == {"staff": "c.JupyterHub.tornado_settings = {}\n"}
    file = as_(ready_hub.created_by).get(reverse("hub-download", args=[ready_hub.uid, "values.yaml"]))
    values = yaml.safe_load(file.content.decode())
    assert values["hub"]["extraConfig"] == {"staff": "c.JupyterHub.tornado_settings = {}\n"}
    assert "Nothing was changed." in text(
        as_(sue).post(url("hub-code", ready_hub), {"code": "c.JupyterHub.tornado_settings = {}"}, follow=True)
    )
    client.post(url("hub-code", ready_hub), {"code": " "})
    ready_hub.refresh_from_db()
    assert ready_hub.extra_config == ""
    config = prepare.release(ready_hub).parts[2].payload["ConfigMap/hub"]["data"]["values.json"]
    assert "extraConfig" not in json.loads(config)["hub"]


def test_there_is_no_form_where_code_can_not_run(as_, ready_hub, stan):
    page = text(as_(stan).get(url("hub-code", ready_hub)))
    assert "Hubs on this cluster don’t run extra code." in page
    assert 'name="code"' not in page


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("x = 1\nif x\n  y", "Line 2 is not valid Python"),
        ("a\x00b", "characters that can’t be stored"),
        ("#" * 20_001, "at most 20,000 characters"),
        ("(" * 5000, "is not valid Python"),
    ],
)
def test_invalid_code_is_reported_beside_the_field_and_kept(code, said, as_, ready_hub, in_cluster, stan):
    page = as_(stan).post(url("hub-code", ready_hub), {"code": code})
    assert page.status_code == 422
    assert said in text(page)
    assert code[:1] in text(page)
    ready_hub.refresh_from_db()
    assert ready_hub.extra_config == ""


def test_code_that_came_with_values_has_no_effect_and_is_shown_to_staff(as_, ready_hub, in_cluster, stan):
    row = ready_hub.revision
    row.data["more"] = {"hub": {"extraConfig": {"theirs": "import os  # <b>"}}}
    type(row).objects.filter(pk=row.pk).update(data=row.data)
    ready_hub.refresh_from_db()
    page = text(as_(stan).get(url("hub-code", ready_hub)))
    assert "Imported code, not in use" in page
    assert "import os # &lt;b&gt;" in page
    config = prepare.release(ready_hub).parts[2].payload["ConfigMap/hub"]["data"]["values.json"]
    assert "import os" not in config


# --- the pause --------------------------------------------------------------------------------------------------------


def test_a_pause_needs_a_reason(as_, ready_hub, stan):
    assert "All repairs and requested changes" in text(as_(stan).get(url("hub-pause", ready_hub)))
    response = as_(stan).post(url("hub-pause", ready_hub), {"reason": "  "})
    assert response.status_code == 422
    assert "Enter a reason. Everyone who can manage this hub sees it." in text(response)
    ready_hub.refresh_from_db()
    assert ready_hub.paused_at is None


def test_people_who_run_the_hub_read_why_it_is_paused(as_, ready_hub, stan, ines, mia):
    staff_page = text(as_(stan).post(url("hub-pause", ready_hub), {"reason": "We try <an> image."}, follow=True))
    ready_hub.refresh_from_db()
    assert ready_hub.paused_by == stan
    teacher_page = text(as_(ines).get(url("hub", ready_hub)))
    for page in (staff_page, teacher_page):
        assert "Staff paused repairs of this hub" in page
        assert "We try &lt;an&gt; image." in page
        assert "Stan Weber" in page
        assert "waits until repairs are resumed" not in page, "nothing was requested meanwhile"
    assert "Resume repairs" in staff_page
    assert "Resume repairs" not in teacher_page
    assert "Staff paused repairs" not in text(as_(mia).get(url("hub", ready_hub)))
    assert AuditEvent.objects.get(verb="hub.pause").note == "We try <an> image."


def test_a_request_during_a_pause_waits_and_says_so(as_, ready_hub, stan, ines):
    services.pause(hub=ready_hub, by=stan, reason="Because.")
    as_(ines).post(url("hub-restart", ready_hub))
    page = text(as_(ines).get(url("hub", ready_hub)))
    assert "The last requested change waits until repairs are resumed." in page
    assert "The steps below show the progress" not in page
    ready_hub.refresh_from_db()
    assert "staff have paused repairs for now" in sentence(ready_hub, timezone.now())


def test_the_second_of_two_pauses_says_so(as_, ready_hub, stan, sue):
    services.pause(hub=ready_hub, by=stan, reason="Because.")
    assert as_(sue).get(url("hub-pause", ready_hub)).status_code == 302
    assert as_(sue).post(url("hub-pause", ready_hub), {"reason": "Mine."}).status_code == 409
    ready_hub.refresh_from_db()
    assert (ready_hub.paused_by, ready_hub.pause_reason) == (stan, "Because.")


def test_the_end_of_a_pause_wakes_the_hub(as_, ready_hub, stan):
    services.pause(hub=ready_hub, by=stan, reason="Because.")
    set_(ready_hub, reconcile_after=timezone.now() + timedelta(hours=1), failures=3)
    page = text(as_(stan).post(url("hub-unpause", ready_hub), follow=True))
    assert "Repairs are resumed." in page
    ready_hub.refresh_from_db()
    assert (ready_hub.paused_at, ready_hub.paused_by, ready_hub.pause_reason) == (None, None, "")
    assert ready_hub.reconcile_after <= timezone.now()
    assert ready_hub.failures == 0
    assert AuditEvent.objects.filter(verb="hub.unpause", actor="stan").exists()
    assert as_(stan).post(url("hub-unpause", ready_hub)).status_code == 409


def test_the_list_of_all_hubs_shows_and_filters_paused_hubs(as_, ready_hub, stan):
    address = reverse("staff-hubs")
    assert "No matching hubs" in text(as_(stan).get(address, {"status": "paused"}))
    services.pause(hub=ready_hub, by=stan, reason="Because.")
    page = text(as_(stan).get(address, {"status": "paused"}))
    assert "Statistics 101" in page
    assert '<span class="tag">repairs paused</span>' in page


def test_a_paused_hub_that_differs_says_so_in_its_status(as_, ready_hub, stan):
    services.pause(hub=ready_hub, by=stan, reason="Because.")
    assert "Repairs paused</span>" not in text(as_(stan).get(url("hub", ready_hub))), "it works"
    Hub.objects.filter(pk=ready_hub.pk).update(status="repairing")
    page = text(as_(stan).get(url("hub", ready_hub)))
    assert "Repairs paused</span>" in page
    assert "Repairing</span>" not in page


def test_moving_to_another_cluster_is_refused_with_what_to_do(as_, ready_hub, stan, request):
    assert url("hub-move", ready_hub) not in text(as_(stan).get(url("hub", ready_hub))), "its files are in folders"
    assert "claim-" not in text(as_(stan).get(url("hub-move", ready_hub)))
    request.getfixturevalue("in_cluster")
    assert url("hub-move", ready_hub) in text(as_(stan).get(url("hub", ready_hub)))
    page = text(as_(stan).get(url("hub-move", ready_hub)))
    assert "A hub can’t be moved." in page
    assert "claim-" in page
    assert reverse("help-guide", args=["kubernetes"]) in page
    for way in ("organization-limits", "hub-suspend", "hub-retire"):
        where = reverse(way, args=[ready_hub.organization.slug]) if way.startswith("org") else url(way, ready_hub)
        assert where in page


# --- objects ----------------------------------------------------------------------------------------------------------


def test_objects_are_grouped_by_part_and_name_who_else_changed_them(as_, ready_hub, stan, in_cluster, life):
    deployment = {"kind": "Deployment", "metadata": {"name": "hub"}, "spec": {"replicas": 0, "text": "a\nb\n"}}
    life.objects = (
        Applied("hub", "Deployment", "hub", deployment, ("kubectl-edit", "helm")),
        Applied("files", "Secret", "hub", {"kind": "Secret", "data": {"token": "•••"}}),
    )
    page = text(as_(stan).get(url("hub-objects", ready_hub)))
    assert "also changed by kubectl-edit and helm" in page
    assert page.index(">Files<") < page.index(">Hub</h2>"), "in the order of making"
    assert "replicas: 0" in page
    assert "text: |" in page
    assert "token: •••" in page


def test_objects_on_one_machine_and_in_an_unreachable_cluster(as_, ready_hub, stan, pretended):
    assert "This hub doesn’t run in Kubernetes." in text(as_(stan).get(url("hub-objects", ready_hub)))
    assert "hub-objects" not in text(as_(stan).get(url("hub", ready_hub)))
    pretended.reachable = False
    page = as_(stan).get(url("hub-objects", ready_hub))
    assert page.status_code == 503
    assert CLUSTER_SILENT in text(page)

"""What a cluster will refuse is named beside its field before a request is sent. tests/kubernetes/test_admission.py
checks each sentence against a real API server."""

import pytest
from django.urls import reverse

from hubs.models import Cluster, HubRevision
from hubs.requests.services import judged
from hubs.requests.services import requests as services
from hubs.spec.admission import Place, refusals
from hubs.spec.draft import parse
from hubs.spec.pod_security import LEVELS

pytestmark = pytest.mark.django_db
ROOT = "singleuser:\n  uid: 0\n"
BIG = "- display_name: Big\n  kubespawner_override:\n    mem_guarantee: 8G\n"


@pytest.fixture(params=["restricted", "baseline"])
def level(request, cluster):
    Cluster.objects.update(runtime="kubernetes", domain="hubs.example.org", pod_security=request.param)
    return request.param


def page(as_, ines, draft, step):
    draft.refresh_from_db()
    answer = as_(ines).get(reverse("request-edit", args=[draft.uid, step]))
    assert answer.status_code == 200
    return answer.content.decode()


def read(draft, **texts):
    draft.refresh_from_db()
    return judged.read(draft, {**draft.draft, **texts})[1]


def test_the_refusal_is_beside_the_field_and_nothing_is_sent(level, ask, ines, river, as_):
    row = services.begin(organization=river, starting_point="class", by=ines)
    services.save(
        request=row, by=ines, values={"about.title": "Statistics", "more": ROOT}, slug="root-hub", reason="For class"
    )
    said = read(row)["more"][0]
    assert said.startswith("singleuser.uid: ")
    assert "root (user 0)" in said
    answer = as_(ines).post(reverse("request-review", args=[row.uid]), {"reason": ""})
    assert answer.status_code == 422
    assert "root (user 0)" in answer.content.decode()
    row.refresh_from_db()
    assert row.state == "draft"


def test_the_sentence_says_who_can_change_it(level, ines, river):
    row = services.begin(organization=river, starting_point="class", by=ines)
    network = read(row, more="singleuser:\n  extraPodConfig:\n    hostNetwork: true\n")["more"][0]
    more = "securityContext:\n      allowPrivilegeEscalation: true"
    beside = read(row, more=f"singleuser:\n  extraContainers:\n  - name: a\n    image: a:1\n    {more}\n")
    sudo = beside.get("singleuser.extraContainers", [])  # a setting with a field is reported beside that field
    assert "No hub can use it. Remove it." in network
    assert len(sudo) == (level == "restricted")
    for words in sudo:
        assert "ask staff to set the cluster’s level to “baseline”" in words


def test_a_profile_is_named_with_its_setting(level, ines, river):
    row = services.begin(organization=river, starting_point="class", by=ines)
    [said] = read(row, **{"singleuser.profileList": BIG})["singleuser.profileList"]
    assert said.startswith("Big › Guaranteed memory: The memory request of")
    assert "Change one of them" in said


def test_on_one_machine_nothing_is_refused(cluster, ines, river):
    row = services.begin(organization=river, starting_point="class", by=ines)
    assert "more" not in read(row, more=ROOT)


def test_what_a_hub_has_already_stops_no_other_change(cluster, ready_hub, ines):
    """The hub was created before the check existed. Its title can change; another such setting is refused."""
    old = ready_hub.revision
    data = {**old.data, "more": {"singleuser": {"uid": 0}}}
    ready_hub.revision = HubRevision.objects.create(hub=ready_hub, number=old.number + 1, data=data, author=ines)
    ready_hub.save(update_fields=["revision"])
    Cluster.objects.update(runtime="kubernetes", domain="hubs.example.org")
    row = services.begin_change(reason="For the course.", hub=type(ready_hub).objects.get(pk=ready_hub.pk), by=ines)
    assert "more" not in read(row, **{"about.title": "Another name"})
    more = "singleuser:\n  uid: 0\n  extraPodConfig:\n    hostPID: true\n"
    [said] = read(row, more=more)["more"]
    assert "hostPID" in said


def test_a_program_reads_the_same_beside_its_field(level, as_, ines, river):
    body = {"organization": "river", "slug": "root-hub", "startingPoint": "class",
            "spec": {"about": {"title": "Statistics"}, "more": {"singleuser": {"uid": 0}}}}  # fmt: skip
    answer = as_(ines).post("/api/v1/requests/", body, content_type="application/json")
    assert answer.status_code == 422, answer.content
    assert "root (user 0)" in str(answer.json()["errors"]["spec.more"])


ODD = [None, [], {}, "x", 1, True, [None], {"a": None}, [1, "x"], {"a": [1]}]
NAMES = ("extraPodConfig", "initContainers", "extraContainers", "extraAnnotations", "lifecycleHooks", "extraResource",
         "uid", "fsGid", "memory", "cpu", "storage", "profileList", "image")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_shape_of_the_free_yaml_makes_it_raise(name):
    for odd in ODD:
        for more in ({"singleuser": {name: odd}}, {"hub": {"config": {"KubeSpawner": {name: odd, "volumes": odd}}}}):
            spec = parse({"about": {"title": "Any"}}).model_copy(update={"more": more})
            for level in LEVELS:
                refusals(spec, Place(level))

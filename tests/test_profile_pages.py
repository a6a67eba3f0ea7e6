"""Profiles on pages: a table of environments and sizes in words, differences by part, and one editor everywhere."""

import re

import pytest
from django.urls import reverse

from hubs.models import Cluster, StartingPoint
from hubs.requests.services import decisions, requests
from hubs.starting_points import services as starting_points

pytestmark = pytest.mark.django_db
PATH = "singleuser.profileList"
LAB = """\
- display_name: Lab
  description: One of ours
  kubespawner_override: {node_selector: {pool: gpu}, extra_resource_limits: {nvidia.com/gpu: "1"}}
  profile_options:
    size:
      display_name: Size
      choices:
        small: {display_name: Small, kubespawner_override: {mem_guarantee: 1696M, mem_limit: 2G, cpu_limit: 0.5}}
        big: {display_name: Big, allowed_groups: [staff], kubespawner_override: {mem_limit: null, tolerations: []}}
      unlisted_choice: {enabled: true, display_name: Any, kubespawner_override: {image: "quay.io/lab/{value}"}}
"""
RAW = ("mem_guarantee", "mem_limit", "cpu_limit", "kubespawner", "node_selector", "1696M", "extra_resource")


def words(response) -> str:
    """Return what a reader sees of a page, without tags and without the text areas of a form."""
    text = response.content.decode()
    assert response.status_code == 200, text
    return " ".join(re.sub(r"<textarea.*?</textarea>|<script.*?</script>|<[^>]*>", " ", text, flags=re.S).split())


def in_words(page: str) -> None:
    for part in ("Lab", "One of ours", "Big nodes", "1 (NVIDIA)", "Small", "2 GiB (1.656 GiB guaranteed)",
                 "up to half a core", "Big", "no limit", "staff", "quay.io/lab/…"):  # fmt: skip
        assert part in page, part
    assert not [name for name in RAW if name in page]


@pytest.fixture
def waiting_lab(ask, ines, river):
    """A request with these profiles, which needs review."""
    pools = [{"name": "usual"}, {"name": "Big nodes", "nodeSelector": {"pool": "gpu"}}]
    Cluster.objects.filter(pk=river.cluster_id).update(node_pools=pools)
    return requests.submit(request=ask(ines, river, **{PATH: LAB}), by=ines)


def test_review_decision_and_hub_show_a_table_in_words(in_cluster, as_, ask, ines, stan, river, waiting_lab):
    assert waiting_lab.state == "submitted", "GPUs and another node pool need review"
    draft = ask(ines, river, slug="again", **{PATH: LAB})
    in_words(words(as_(ines).get(reverse("request-review", args=[draft.uid]))))
    in_words(words(as_(stan).get(reverse("request", args=[waiting_lab.uid]))))
    row = decisions.approve(request=waiting_lab, by=stan, seen=waiting_lab.content_hash)
    in_words(words(as_(ines).get(reverse("hub-configuration", args=[row.hub.uid]))))


def test_a_change_names_the_changed_size(as_, ines, stan, waiting_lab):
    hub = decisions.approve(request=waiting_lab, by=stan, seen=waiting_lab.content_hash).hub
    assert hub
    change = requests.begin_change(hub=hub, by=ines)
    new = LAB.replace("mem_limit: 2G", "mem_limit: 3G").replace("display_name: Big,", "display_name: Huge,")
    requests.save(request=change, by=ines, values={PATH: new})
    page = words(as_(ines).get(reverse("request-review", args=[change.uid])))
    assert "Lab › Size › Small › Memory 2 GiB (1.656 GiB guaranteed) 3 GiB (1.656 GiB guaranteed)" in page
    assert "Lab › Size › Huge › Name Big Huge" in page
    assert not [name for name in RAW if name in page]


def test_a_starting_point_is_edited_by_the_same_builder_and_its_versions_are_kept(as_, stan):
    point = StartingPoint.objects.select_related("version").get(slug="class")
    for name, args in (("starting-point-edit", ["class"]), ("starting-point-new", [])):
        page = as_(stan).get(reverse(name, args=args)).content.decode()
        assert "data-builder=" in page
        assert re.search(r'<script[^>]*js/profiles/main[^>]*type="module"|type="module"[^>]*js/profiles/main', page)
    before = point.version
    draft = {**before.start(), PATH: LAB}
    starting_points.publish(point=point, by=stan, seen=before.number, draft=draft, shown=None, message="A GPU")
    point.refresh_from_db()
    assert [one.display_name for one in point.version.spec.singleuser.profileList] == ["Lab"]
    assert point.versions.get(number=before.number).spec.singleuser.profileList == ()
    page = words(as_(stan).get(reverse("starting-point", args=["class"])))
    assert "2 GiB (1.656 GiB guaranteed)" in page
    compared = as_(stan).get(
        reverse("starting-point", args=["class"]), {"from": before.number, "to": before.number + 1}
    )
    assert "Lab › Size › Small" in words(compared)

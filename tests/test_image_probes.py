"""Rows of the catalogue while their images are probed: each probe ends, reports its result, and leaves nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from hubs import wake
from hubs.clusters.services import registries
from hubs.images import services
from hubs.images.rules import Contents
from hubs.models import CatalogueImage, Cluster
from provisioning import probe, tasks
from provisioning.contract import Probed, unknown
from provisioning.errors import Refused, Transient
from provisioning.runtimes.memory import MemoryRuntime, World
from tests.words import CLUSTER_SILENT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.database]
DIGEST = "sha256:" + "a" * 64
GOOD = Probed(True, "", Contents(python="3.12", jupyterlab="4.4", jupyterhub="5.3"), DIGEST)


@pytest.fixture
def world(cluster, settings):
    Cluster.objects.update(runtime="memory")
    MemoryRuntime.shared = World(images={"quay.io/jupyter/scipy-notebook:1": GOOD})
    return MemoryRuntime.shared


@pytest.fixture
def image(world):
    return make("scipy")


def make(slug, name="quay.io/jupyter/scipy-notebook", **more):
    return CatalogueImage.objects.create(slug=slug, name=slug, image=name, tag="1", probe_state="asked", **more)


def look(row):
    probe.look(row.pk)
    row.refresh_from_db()
    return row.probe_state


def test_a_requested_probe_runs_and_finds_that_the_image_starts(image, world):
    assert look(image) == "running"
    assert probe.waiting() == [image.pk]
    assert look(image) == "starts"
    assert (image.probe_trouble, image.digest) == ("", DIGEST)
    assert Contents.from_json(image.contents) == GOOD.contents
    assert timezone.now() - image.probed_at < timedelta(minutes=1)
    assert world.probes == {}, "nothing is left in the cluster"
    assert probe.waiting() == []
    assert look(image) == "starts", "a late message does nothing"


def test_a_missing_image_is_reported(world):
    row = make("absent", "quay.io/no/such")
    look(row)
    assert look(row) == "fails"
    assert "does not exist" in row.probe_trouble
    assert row.contents == {}
    assert world.probes == {}


def test_lists_of_packages_are_kept_apart_and_counted(image, world):
    found = replace(GOOD.contents, packages={"numpy": "2.1", "pandas": "2.2"}, r_packages={"ggplot2": "3.5"})
    world.images["quay.io/jupyter/scipy-notebook:1"] = replace(GOOD, contents=found)
    look(image), look(image)
    assert (image.contents["package_count"], image.contents["r_package_count"]) == (2, 1)
    assert Contents.from_json(image.packages).packages == found.packages
    assert "packages" not in image.contents


def test_known_contents_stay_when_a_probe_could_not_look(image, world):
    look(image), look(image)
    world.images.clear()
    CatalogueImage.objects.update(probe_state="asked", probed_at=timezone.now() - timedelta(hours=1))
    look(image)
    assert look(image) == "fails"
    assert Contents.from_json(image.contents) == GOOD.contents


def test_another_worker_continues_after_one_was_killed(image, world):
    look(image)
    image.refresh_from_db()
    assert probe.waiting() == [image.pk], "the beat finds it"
    world.fail("end_probe", Transient(CLUSTER_SILENT))
    assert look(image) == "starts", "the sweep deletes what is left, and the result does not wait"


def test_a_row_whose_image_changed_ignores_the_old_probe(image, world):
    look(image)
    CatalogueImage.objects.filter(pk=image.pk).update(tag="2")
    assert look(image) == "running", "it starts again with the new image"
    assert world.probes == {probe.uid_of(image): "quay.io/jupyter/scipy-notebook:2"}
    old = CatalogueImage.objects.get(pk=image.pk)
    old.tag = "1"
    assert not probe._finish(old, GOOD)
    assert look(image) == "fails"


class Overtaken(MemoryRuntime):
    """A runtime where another worker finishes the row between reading it and starting the probe."""

    def probe(self, wanted):
        CatalogueImage.objects.update(probe_state="starts")
        self.world.probes.clear()
        return super().probe(wanted)


def test_a_worker_that_was_overtaken_leaves_nothing(image, world, settings):
    look(image)
    settings.RUNTIMES = {"memory": "tests.test_image_probes.Overtaken"}
    assert look(image) == "starts"
    assert world.probes == {}


def test_one_image_is_probed_once_a_minute(image, world):
    look(image), look(image)
    CatalogueImage.objects.update(probe_state="asked")
    assert look(image) == "asked"
    CatalogueImage.objects.update(probed_at=timezone.now() - probe.AGAIN)
    assert look(image) == "running"


def test_few_images_are_probed_at_a_time_and_clusters_do_not_delay_each_other(world, lake):
    rows = [make(f"image-{number}") for number in range(5)]
    world.slow.add("probe")
    for row in rows:
        look(row)
    states = [row.probe_state for row in rows]
    assert states == ["running"] * probe.AT_ONCE + ["asked"] * (5 - probe.AT_ONCE)
    assert set(probe.waiting()) == {row.pk for row in rows}
    lake.cluster = Cluster.objects.create(slug="other", name="Other", runtime="memory")
    lake.save()
    assert look(make("elsewhere", organization=lake)) == "running"
    assert look(make("another", organization=lake)) == "asked", "an organisation has one probe at a time"


def test_an_unreachable_cluster_is_retried_and_given_up_in_the_end(image, world):
    look(image)
    world.reachable = False
    assert look(image) == "running"
    assert image.probe_trouble == CLUSTER_SILENT
    CatalogueImage.objects.update(probed_at=timezone.now() - probe.GIVEN_UP)
    assert look(image) == "", "it is unknown whether it starts"
    assert image.probe_trouble == CLUSTER_SILENT


def test_an_endless_probe_is_given_up_and_frees_its_place(image, world):
    """As when a namespace is never deleted, or each pod is evicted."""
    world.slow.add("probe")
    look(image)
    assert look(image) == "running"
    CatalogueImage.objects.update(probed_at=timezone.now() - probe.GIVEN_UP)
    assert look(image) == ""
    assert "did not finish within 20 minutes" in image.probe_trouble
    assert (world.probes, probe.waiting()) == ({}, [])


@pytest.mark.parametrize("verdict", ["starts", "fails"])
def test_a_probe_that_could_not_look_keeps_the_former_result(image, world, stan, verdict):
    then = timezone.now() - timedelta(hours=1)
    known = {"contents": {"python": "3.12"}, "digest": DIGEST}
    CatalogueImage.objects.update(probe_state=verdict, probe_trouble="Why.", probed_at=then, **known)
    world.images["quay.io/jupyter/scipy-notebook:1"] = unknown("No node has room.")
    for _ in range(2):
        services.ask_probe(image, by=stan)  # the second probe is still requested
    assert (image.probe_state, image.probe_before) == ("asked", verdict)
    look(image)
    services.ask_probe(image, by=stan)
    assert look(image) == verdict
    assert image.probe_trouble == "The image could not be tested this time. No node has room."
    assert (image.contents, image.digest) == (known["contents"], DIGEST)
    assert image.probed_at > then


def test_a_refusal_of_the_cluster_is_reported(image, world):
    world.fail("probe", Refused("The cluster’s security rules refuse it.", "AdmissionRefused"))
    assert look(image) == ""
    assert image.probe_trouble == "The cluster’s security rules refuse it."


def test_a_portal_without_clusters_says_so(image):
    Cluster.objects.update(open=False)
    assert look(image) == ""
    assert "no cluster" in image.probe_trouble


def test_rows_of_an_unreachable_cluster_delay_no_others(world, lake, river):
    for number in range(probe.MOST + 2):
        make(f"image-{number}", organization=river)
    lake.cluster = Cluster.objects.create(slug="other", name="Other", runtime="memory")
    lake.save()
    tried = make("tried", organization=lake, probed_at=timezone.now())
    portals = make("portals")
    assert len(probe.waiting()) == probe.MOST + 2
    assert {tried.pk, portals.pk} < set(probe.waiting())


def test_the_portals_images_are_probed_where_hubs_are_created_and_an_organisations_in_its_cluster(world, river):
    real = Cluster.objects.create(slug="real", name="Real", runtime="kubernetes", domain="hubs.example.org")
    assert probe.cluster_of(make("portals")) == real
    assert probe.cluster_of(make("own", organization=river)) == river.cluster


def test_a_registry_password_is_used_only_for_its_organisations_images(world, river, ada):
    registries.set_login(organization=river, by=ada, host="registry.example.org", username="robot", password="p")
    name = "registry.example.org/river/r"
    assert '"robot"' in probe._pull(make("own", name, organization=river))
    assert probe._pull(make("portals", name)) == ""
    assert probe._pull(make("other", "registry.example.com/river/r", organization=river)) == ""


def test_two_portals_on_one_cluster_use_different_names(image, settings):
    settings.PORTAL_URL = "https://one.example.org"
    one = probe.uid_of(image)
    settings.PORTAL_URL = "https://two.example.org"
    assert probe.uid_of(image) != one
    assert one[0] == "p"


def test_the_tasks_do_the_same(image, world):
    tasks.probe_image(image.pk)
    assert tasks.probes() == 1
    tasks.probe_image(image.pk)
    image.refresh_from_db()
    assert image.probe_state == "starts"
    assert tasks.probes() == 0
    tasks.probe_image(10_000)  # a row that was deleted
    assert probe.sweep() == 0


def test_a_message_that_is_lost_costs_one_tick(image):
    wake.probe(image.pk)  # nothing runs there
    assert probe.waiting() == [image.pk]

"""Probes of catalogue images on a real cluster with the whole portal: a probe is requested, and beat and worker do the
rest. One image starts, one has no Python, one runs a program of its own, one does not exist.
"""

from dataclasses import replace

import pytest

from hubs.images.rules import Contents, lacking
from hubs.models import CatalogueImage, Cluster
from provisioning.names import LABEL_PROBE
from provisioning.render.kubernetes.image_probe import NAME, render_probe
from provisioning.render.place import ClusterFacts, Images
from provisioning.runtimes import for_cluster
from tests.cluster.conftest import IMAGES
from tests.cluster.kube import Kube
from tests.cluster.portal import ClusterPortal
from tests.stack.portal import until

pytestmark = pytest.mark.cluster


def asked_for(slug: str, full_name: str) -> CatalogueImage:
    image, _, tag = full_name.rpartition(":")
    return CatalogueImage.objects.create(slug=slug, name=slug, image=image, tag=tag, probe_state="asked")


def homes(kube: Kube) -> list[str]:
    return [one["metadata"]["name"] for one in kube.items("namespaces", labelSelector=LABEL_PROBE)]


def done(*rows: CatalogueImage) -> bool:
    for row in rows:
        row.refresh_from_db()
    return all(row.probe_state not in ("asked", "running") for row in rows)


def test_each_probe_reports_the_contents_and_whether_the_image_starts(portal: ClusterPortal, kube: Kube):
    jupyter = asked_for("jupyter", IMAGES["singleuser"])
    busy = asked_for("busy", "localhost/busy:dev")
    absent = asked_for("absent", "localhost/no-such-image:1")
    own = asked_for("own", "localhost/coredns:dev")  # waits for its turn
    rows = (jupyter, busy, absent, own)
    until(lambda: done(*rows), "every image was looked into", 300)

    assert (jupyter.probe_state, jupyter.probe_trouble) == ("starts", "")
    contents = Contents.from_json(jupyter.contents)
    assert (contents.uid, contents.machine) == (1000, False)
    assert contents.jupyterlab
    assert contents.jupyterhub
    assert jupyter.packages["packages"]["numpy"]
    assert lacking(contents, link=True, repository=True) == []

    assert busy.probe_state == "fails"
    assert busy.probe_trouble.startswith("The image has no Python")
    assert absent.probe_state == "", "no registry answers at that address, so the result is unknown"
    assert "localhost/no-such-image:1" in absent.probe_trouble
    assert own.probe_state == "fails"
    assert own.probe_trouble

    until(lambda: homes(kube) == [], "nothing is left", 120)


def test_a_probe_has_no_network_and_no_rights(place: Cluster, kube: Kube):
    """The same namespace and pod, with a program that tries what a malicious image would."""
    runtime = for_cluster(place)
    service = kube.get("namespaces/default/services/kubernetes")["spec"]["clusterIP"]
    script = f"""sleep 4  # the poller that enforces policies here is a second late
echo HUBPORTAL-PROBE begin
ls /var/run/secrets/kubernetes.io 2>/dev/null && echo HUBPORTAL-PROBE package token 1
nc -w 3 {service} 443 </dev/null && echo HUBPORTAL-PROBE package api 1
nslookup kubernetes.default && echo HUBPORTAL-PROBE package dns 1
echo HUBPORTAL-PROBE package uid-"$(id -u)" 1
echo HUBPORTAL-PROBE python 3
echo HUBPORTAL-PROBE end"""
    facts = ClusterFacts(Images("", "", open=("localhost/",)))
    closed = render_probe("p0123456789a", "localhost/busy:dev", facts, script, {})
    opened = render_probe("p0123456789b", "localhost/busy:dev", facts, script, {})
    without = {key: one for key, one in opened.payload.items() if key != "NetworkPolicy/nobody"}
    opened = replace(opened, payload=without)
    try:
        found = {}
        for one in (closed, opened):
            ended = until(lambda one=one: runtime.probe(one), "the pod ends", 90)
            found[one.uid] = set(ended.contents.packages)
        assert found[closed.uid] == {"uid-1000"}
        assert {"uid-1000", "api"} <= found[opened.uid], "these attempts work where no policy blocks them"
    finally:
        runtime.end_probe(closed.uid)
        runtime.end_probe(opened.uid)
    until(lambda: not {f"{NAME}-{one.uid}" for one in (closed, opened)} & set(homes(kube)), "their rooms are gone", 90)

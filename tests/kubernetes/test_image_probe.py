"""Probing an image on a real API server, with the portal's own rights: the objects it creates, and what is left."""

import base64
import dataclasses
import secrets
from urllib.error import HTTPError

import pytest

from provisioning.names import namespace
from provisioning.probed import environment, script
from provisioning.render.kubernetes.image_probe import COMPONENT, NAME, render_probe
from provisioning.runtimes.kubernetes import KubernetesRuntime
from tests.runtimes.worlds import until

from .place import FACTS

pytestmark = pytest.mark.kubernetes
IMAGE = "registry.example.org/river/r:1"
AUTHS = '{"auths": {"registry.example.org": {"password": "p", "username": "robot"}}}'


@pytest.fixture
def runtime(api):
    return KubernetesRuntime(api)


@pytest.fixture
def asked(runtime):
    wanted = render_probe(f"p{secrets.token_hex(5)}", IMAGE, FACTS, script(), environment(), AUTHS)
    yield wanted
    runtime.end_probe(wanted.uid)


def there(kube, wanted, what=""):
    try:
        return kube.call("GET", f"/api/v1/namespaces/{namespace(NAME, wanted.uid)}{what}")
    except HTTPError as error:
        if error.code != 404:
            raise
        return None


def test_its_namespace_is_isolated_and_its_pod_is_as_requested(kube, kubelet, runtime, asked):
    assert runtime.probe(asked) is None
    home = there(kube, asked)["metadata"]
    assert home["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    secret = there(kube, asked, "/secrets/image-pull")
    assert base64.b64decode(secret["data"][".dockerconfigjson"]).decode() == AUTHS
    pod = there(kube, asked, f"/pods/{NAME}")["spec"]
    assert pod["imagePullSecrets"] == [{"name": "image-pull"}]
    assert not pod.get("volumes"), "no token either"
    found = until(lambda: runtime.probe(asked), 20, "the kubelet here plays that it runs since long ago")
    assert (found.starts, "its own program" in found.trouble) == (False, True), "nothing runs, so there is no log"
    assert runtime.sweep_probes() == 0, "it is recent"
    runtime.end_probe(asked.uid)
    until(lambda: there(kube, asked) is None, 60, "nothing is left")


def test_a_pod_of_another_image_is_replaced(kube, kubelet, runtime, asked):
    assert runtime.probe(asked) is None
    other = render_probe(asked.uid, IMAGE.replace(":1", ":2"), FACTS, script(), environment())

    def image():
        runtime.probe(other)
        pod = there(kube, other, f"/pods/{NAME}")
        return pod and pod["spec"]["containers"][0]["image"] == other.image

    until(image, 60, "the other image is looked into")
    assert there(kube, other, "/secrets/image-pull") is None, "the password was deleted with the image that needed it"


def test_the_probe_waits_for_a_full_cluster(kube, kubelet, runtime, asked):
    kubelet.unschedulable(namespace(NAME, asked.uid), COMPONENT, "0/3 nodes are available: 3 Insufficient memory.")
    assert runtime.probe(asked) is None
    assert runtime.probe(asked) is None


def test_a_rule_of_the_cluster_is_reported_in_its_own_words(runtime, asked):
    """Whatever the portal requests, Pod Security decides."""
    pod = asked.payload[f"Pod/{NAME}"]
    loose = {**pod, "spec": {**pod["spec"], "hostNetwork": True}}
    bad = dataclasses.replace(asked, payload={**asked.payload, f"Pod/{NAME}": loose})
    with pytest.raises(Exception, match="security rules do not allow it"):
        runtime.probe(bad)

"""What an image printed and what a cluster reports of its pod, and the portal's sentences about them. Pure tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubs.images.rules import MOST_PACKAGES
from provisioning.contract import PROBE_SECONDS
from provisioning.probed import MARK, read, trouble
from provisioning.render.kubernetes.image_probe import render_probe
from provisioning.render.place import NodePool
from provisioning.runtimes.kubernetes.probe_words import RUNS, verdict, with_size
from tests.kubernetes.place import FACTS

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
IMAGE = "registry.example.org/river/r:1"
GOOD = """Entered start.sh with args: /bin/sh -c …
HUBPORTAL-PROBE begin
HUBPORTAL-PROBE uid 1000
HUBPORTAL-PROBE user jovyan
HUBPORTAL-PROBE home /home/jovyan
HUBPORTAL-PROBE architecture x86_64
HUBPORTAL-PROBE git git version 2.43.0
HUBPORTAL-PROBE rstudio 2024.04.2+764 (Chocolate Cosmos) for Ubuntu Jammy
HUBPORTAL-PROBE r 4.4.1
HUBPORTAL-PROBE r-package ggplot2 3.5.1
HUBPORTAL-PROBE python 3.12.7
HUBPORTAL-PROBE jupyterlab 4.4.10
HUBPORTAL-PROBE package numpy 2.1.0
HUBPORTAL-PROBE jupyterhub 5.3.0
HUBPORTAL-PROBE seconds 3.9
HUBPORTAL-PROBE starts
HUBPORTAL-PROBE end
"""


# --- the output -------------------------------------------------------------------------------------------------------
def test_an_output_is_read():
    found = read(GOOD)
    assert (found.begun, found.whole, found.starts, trouble(found)) == (True, True, True, "")
    contents = found.contents
    assert (contents.git, contents.rstudio, contents.r, contents.python) == (
        "2.43.0",
        "2024.04.2+764",
        "4.4.1",
        "3.12.7",
    )
    assert (contents.uid, contents.user, contents.home) == (1000, "jovyan", "/home/jovyan")
    assert (contents.packages, contents.r_packages) == ({"numpy": "2.1.0"}, {"ggplot2": "3.5.1"})


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("", "no Python"),
        (f"{MARK}begin\n{MARK}python 3.12\n{MARK}end", "no jupyterhub-singleuser"),
        (
            f"{MARK}begin\n{MARK}python 3\n{MARK}jupyterhub 5\n{MARK}fails ImportError: no x\n{MARK}end",
            "“ImportError: no x”",
        ),
        (f"{MARK}begin\n{MARK}python 3\n{MARK}jupyterhub 5\n{MARK}end", "does not work in this image."),
        (f"{MARK}begin\n{MARK}starts\n{MARK}end", "no Python"),  # it reports this, and has no server
        (f"{MARK}python 3\n{MARK}jupyterhub 5\n{MARK}starts\n{MARK}fails no", "“no”"),
    ],
)
def test_the_reason_why_an_image_does_not_start_is_found(output, words):
    found = read(output)
    assert not found.starts
    assert words in trouble(found)


HOSTILE = st.text(alphabet=st.characters(), max_size=500)
KEYS = st.sampled_from("begin end uid user home python package r-package jupyterhub starts fails git rstudio".split())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.builds(lambda key, value: f"{MARK}{key} {value}", KEYS, HOSTILE) | HOSTILE, max_size=40))
def test_any_output_of_an_image_is_read_and_bounded(lines):
    found = read("\n".join(lines))
    assert len(found.why) <= 200
    assert len(trouble(found)) < 500
    assert len(found.contents.packages) <= MOST_PACKAGES
    str(found.contents.as_json()).encode()  # no lone surrogates


def test_an_endless_output_is_read_up_to_a_maximum():
    found = read(f"{MARK}begin\n" + "".join(f"{MARK}package p{n} {'9' * 1000}\n" for n in range(100_000)))
    assert 0 < len(found.contents.packages) <= MOST_PACKAGES
    assert not found.whole


# --- the pod ----------------------------------------------------------------------------------------------------------
def pod(state, *, phase="Pending", age=10.0, **status):
    stamp = (NOW - timedelta(seconds=age)).isoformat().replace("+00:00", "Z")
    one = {"name": "image-probe", "state": state, **status.pop("container", {})}
    return {
        "metadata": {"creationTimestamp": stamp}, "spec": {"containers": [{"name": "image-probe", "image": IMAGE}]},
        "status": {"phase": phase, **({"containerStatuses": [one]} if state else {}), **status},
    }  # fmt: skip


def waits(reason, message="", age=10.0):
    return pod({"waiting": {"reason": reason, "message": message}}, age=age)


def ended(why="Completed", said="", code=0, **more):
    return pod({"terminated": {"reason": why, "message": said, "exitCode": code}}, phase="Failed", **more)


def running(seconds):
    started = (NOW - timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")
    return pod({"running": {"startedAt": started}}, phase="Running", age=seconds + 20)


def look(what, output="", events=()):
    return verdict(what, lambda: output, lambda: events, NOW)


CONTAINERD = f'failed to pull and unpack image "{IMAGE}": failed to resolve reference "{IMAGE}": '
UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "message": "0/3 nodes are available: 3 Insufficient memory.",
}
BACKOFF = f'Back-off pulling image "{IMAGE}"'


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (waits("ErrImagePull", f"rpc error: code = NotFound desc = {CONTAINERD}{IMAGE}: not found"), "does not exist"),
        (waits("ImagePullBackOff", f"{BACKOFF}: ErrImagePull: reading manifest 1: manifest unknown"), "does not exist"),
        (waits("ErrImagePull", f"{CONTAINERD}unexpected status: 401 Unauthorized"), "need a password"),
        (waits("ErrImagePull", f"{CONTAINERD}pull access denied, repository does not exist or may require "
               "authorization: server message: insufficient_scope"), "need a password"),
        (waits("ErrImagePull", "no match for platform in manifest: not found"), "a processor type that"),
        (waits("InvalidImageName", "couldn't parse image name"), "is not a valid image name"),
        (ended("StartError", "exec /tini: exec format error", 128), "a processor type that"),
        (running(RUNS + 1), "runs its own program"),
    ],
)  # fmt: skip
def test_the_reason_why_a_pod_does_not_start_is_found(what, words):
    found = look(what)
    assert (found.starts, found.known) == (False, True)
    assert words in found.trouble
    assert found.trouble.endswith((".", "”", ")"))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (waits("ErrImagePull", "429 toomanyrequests: You have reached your pull rate limit", 200), "download limit"),
        (waits("ErrImagePull", "dial tcp 192.0.2.1:443: i/o timeout", 200), "can’t pull"),
        (waits("ErrImagePull", f"dial tcp 192.0.2.1:40123: sha256:{'a401b404c429' * 5}: timeout", 200), "can’t pull"),
        (waits("CreateContainerError", "no command specified"), "can’t start"),
        (ended("StartError", 'exec: "/bin/sh": stat /bin/sh: no such file or directory', 128), "has no shell"),
        (ended("OOMKilled", code=137), "1 GiB of memory"),
        (ended("Error", code=137, reason="Evicted", message="The node was low on memory."), "low on memory"),
        (pod(None, phase="Failed", reason="Evicted", message="The node was low on memory."), "low on memory"),
        (pod(None, phase="Failed", reason="DeadlineExceeded"), "within 15 minutes"),
        (pod(None, age=PROBE_SECONDS + 1, conditions=[UNSCHEDULABLE]), "has enough free resources"),
        (waits("ContainerCreating", age=PROBE_SECONDS + 1), "could not pull and start"),
    ],
)
def test_a_failed_probe_is_no_verdict_on_the_image(what, words):
    found = look(what)
    assert (found.starts, found.known) == (False, False)
    assert words in found.trouble


@pytest.mark.parametrize(
    "what",
    [
        pod(None),
        pod(None, age=600, conditions=[UNSCHEDULABLE]),  # an autoscaler may add a node
        waits("ContainerCreating", age=600),  # a large image
        waits("ErrImagePull", "dial tcp 192.0.2.1:443: i/o timeout"),
        waits("ImagePullBackOff", BACKOFF),
        waits("ErrImagePull", "429 toomanyrequests"),
        running(30),
        ended("Error", code=143) | {"metadata": {"deletionTimestamp": "2026-11-29T12:00:00Z"}},  # a node is drained
    ],
)
def test_a_pod_that_may_still_start_is_waited_for(what):
    assert look(what) is None


def test_an_older_cluster_has_the_reason_only_in_an_event():
    failed = {"reason": "Failed", "message": f"{CONTAINERD}{IMAGE}: not found"}
    assert "does not exist" in look(waits("ImagePullBackOff", BACKOFF), events=[failed]).trouble


def test_a_completed_probe_reports_the_contents():
    digest = "sha256:" + "a" * 64
    found = look(ended(container={"imageID": f"registry.example.org/river/r@{digest}"}), GOOD)
    assert (found.starts, found.trouble, found.digest) == (True, "", digest)
    assert found.contents.jupyterlab == "4.4.10"
    event = {"reason": "Pulled", "message": f'Successfully pulled image "{IMAGE}" in 2s. Image size: 1073741824 bytes.'}
    assert with_size(found, [event]).contents.size_mib == 1024
    assert with_size(found, []) == found


def test_an_image_loaded_on_a_node_by_hand_has_no_registry_digest():
    assert look(ended(container={"imageID": "sha256:" + "a" * 64}), GOOD).digest == ""


@pytest.mark.parametrize(
    ("output", "words", "known"),
    [
        ("exec /usr/bin/tini: exec format error", "a processor type that", True),
        ("[C 12:00 LabApp] Bad config encountered during initialization: /bin/sh", "runs its own program", True),
        (GOOD.replace("HUBPORTAL-PROBE end\n", ""), "ended too early, with exit code 1", False),
        (GOOD.replace("HUBPORTAL-PROBE starts\n", "HUBPORTAL-PROBE fails boom\n"), "“boom”", True),
    ],
)
def test_an_interrupted_probe_says_so(output, words, known):
    found = look(ended("Error", code=1), output)
    assert (found.starts, found.known) == (False, known)
    assert words in found.trouble


# --- the objects of a probe -------------------------------------------------------------------------------------------
def test_the_pod_of_a_probe_has_no_permissions():
    made = render_probe("p1", IMAGE, FACTS, "echo $HOME $(command -v x)", {"A": "$(B)"}, pull='{"auths": {}}')
    namespace = made.payload["Namespace/image-probe-p1"]["metadata"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert made.payload["NetworkPolicy/nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    spec = made.payload["Pod/image-probe"]["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert "volumes" not in spec
    assert 0 < spec["activeDeadlineSeconds"] < PROBE_SECONDS
    assert spec["imagePullSecrets"] == [{"name": "image-pull"}]
    container = spec["containers"][0]
    assert container["imagePullPolicy"] == "Always", "images that a node pulled for others are not used"
    assert set(container["resources"]["limits"]) == {"cpu", "memory", "ephemeral-storage"}
    assert container["args"][2] == "echo $$HOME $$(command -v x)", "Kubernetes expands nothing"
    assert "auths" not in repr(made)


def test_a_probe_runs_on_the_nodes_of_peoples_servers():
    facts = replace(
        FACTS, node_pool=NodePool("people", {"pool": "people"}, ({"key": "people", "operator": "Exists"},)),
        images=replace(FACTS.images, open=("registry.example.org/",)),
    )  # fmt: skip
    spec = render_probe("p1", IMAGE, facts, "", {}).payload["Pod/image-probe"]["spec"]
    assert spec["nodeSelector"] == {"pool": "people"}
    assert spec["tolerations"] == [{"key": "people", "operator": "Exists"}]
    assert spec["containers"][0]["imagePullPolicy"] == "IfNotPresent"
    assert "imagePullSecrets" not in spec

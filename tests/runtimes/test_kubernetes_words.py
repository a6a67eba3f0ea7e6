"""What a cluster reports, and the portal's sentences about it: answers, edits by hand, problems. Pure tables."""

from datetime import UTC, datetime

import pytest

from provisioning.errors import Missing, Refused, Transient
from provisioning.runtimes.kubernetes import compare, refusals, trouble, volumes

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LATE, EARLY = "2026-11-23T11:00:00Z", "2026-11-23T11:59:50Z"


@pytest.mark.parametrize(
    ("status", "reason", "message", "kind", "named"),
    [
        (401, "Unauthorized", "Unauthorized", Transient, "CredentialsRefused"),
        (403, "Forbidden", 'pods "x" is forbidden: exceeded quota: hub, requested: pods=1', Refused, "QuotaExceeded"),
        (
            403,
            "Forbidden",
            'pods "x" is forbidden: violates PodSecurity "restricted:latest"',
            Refused,
            "AdmissionRefused",
        ),
        (403, "Forbidden", "unable to create new content because it is being terminated", Transient, "NamespaceEnding"),
        (403, "Forbidden", "ValidatingAdmissionPolicy 'x' denied request: no", Refused, "AdmissionRefused"),
        (403, "Forbidden", 'User "u" cannot list resource "secrets"', Transient, "NotPermitted"),
        (403, "Forbidden", "status unknown for quota: hub, resources: pods", Transient, "QuotaUnknown"),
        (404, "NotFound", "", Missing, "Missing"),
        (404, "", "404 page not found", Missing, "UnknownKind"),
        (409, "Conflict", "the object has been modified", Transient, "Conflict"),
        (410, "Expired", "too old resource version", Transient, "Expired"),
        (422, "Invalid", "spec.selector: field is immutable", Refused, "Immutable"),
        (422, "Invalid", "roleRef: Invalid value: cannot change roleRef", Refused, "Immutable"),
        (422, "Invalid", "metadata.name: Invalid value", Refused, "Invalid"),
        (429, "TooManyRequests", "", Transient, "TooManyRequests"),
        (500, "InternalError", "boom", Transient, "ServerError"),
        (503, "ServiceUnavailable", "", Transient, "ServerError"),
        (418, "", "", Refused, "Unexpected"),
    ],
)
def test_an_answer_of_the_api_server_becomes_one_of_three_errors(status, reason, message, kind, named):
    fault = refusals.fault(status, reason, message, "change Secret hub", 7)
    assert (type(fault), fault.reason) == (kind, named)
    assert fault.message.endswith(".") or message in fault.message


def test_retry_after_is_read():
    assert refusals.fault(429, "", "", "x", 7).after == 7
    assert refusals.fault(503, "", "", "x", 7).after == 7
    assert refusals.fault(429, "", "", "x").after == 1


def test_messages_of_a_cluster_are_shortened():
    assert len(refusals.fault(422, "Invalid", "x" * 10_000, "change it").message) < 500


@pytest.mark.parametrize(
    ("wanted", "live", "paths"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),  # theirs
        ({"a": 1}, {"a": 2}, ["a"]),
        ({"a": {"b": "x"}}, {"a": {}}, ["a.b"]),
        ({"a": {"b": "x"}}, {}, ["a"]),
        ({"rules": [1, 2]}, {"rules": [1, 2, 3]}, ["rules"]),  # an atomic list is entirely ours
        ({"rules": [{"x": 1}]}, {"rules": [{"x": 2}]}, ["rules[0].x"]),
        ({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "B"}, {"name": "A", "value": "1"}]}, []),
        ({"env": [{"name": "A", "value": "1"}]}, {"env": [{"name": "B", "value": "1"}]}, ["env[A]"]),
        ({"containers": [{"name": "x", "image": "a"}]}, {"containers": [{"name": "x", "image": "b"}]},
         ["containers[x].image"]),
        ({"volumeMounts": [{"mountPath": "/x", "name": "a"}]}, {"volumeMounts": [{"mountPath": "/x", "name": "b"}]},
         ["volumeMounts[/x].name"]),
        ({"a": False, "b": ""}, {}, []),  # the server may leave out empty values
        ({"a": 0}, {"a": 3}, ["a"]),
        ({"spec": {"ports": [{"port": 80, "protocol": "TCP", "name": "http"}]}},
         {"spec": {"ports": [{"port": 9, "protocol": "TCP"}, {"port": 80, "protocol": "TCP", "name": "http"}]}}, []),
        ({"kind": "Service", "spec": {"selector": {"app": "x"}}},
         {"kind": "Service", "spec": {"selector": {"app": "x", "never": "there"}}}, ["spec.selector.never"]),
        ({"kind": "NetworkPolicy", "spec": {"ingress": [{"ports": [{"port": 1}]}]}},
         {"kind": "NetworkPolicy", "spec": {"ingress": [{"ports": [{"port": 1, "endPort": 9}]}]}},
         ["spec.ingress[0].ports[0].endPort"]),
        ({"kind": "NetworkPolicy", "metadata": {"labels": {"a": "b"}}, "spec": {"podSelector": {}}},
         {"kind": "NetworkPolicy", "metadata": {"labels": {"a": "b", "c": "d"}}, "spec": {}}, []),
    ],
)  # fmt: skip
def test_only_rendered_fields_are_compared(wanted, live, paths):
    assert [path for path, _, _ in compare.differences(wanted, live)] == paths


def test_a_difference_names_its_author_and_no_value():
    live = {
        "metadata": {
            "managedFields": [
                {"manager": "hubportal", "time": "2026-11-23T10:00:00Z"},
                {"manager": "kube-controller-manager", "time": "2026-11-23T12:00:00Z"},
                {"manager": "status-writer", "subresource": "status", "time": "2026-11-23T12:00:00Z"},
                {"manager": "kubectl-scale", "subresource": "scale", "time": "2026-11-23T07:00:00Z"},
                {"manager": "helm", "time": "2026-11-23T10:30:00Z"},
                {"manager": "kubectl-edit", "time": "2026-11-23T11:00:00Z"},
            ]
        }
    }
    assert compare.others(live) == ["kubectl-edit", "helm", "kubectl-scale"]
    words = compare.sentence("Secret", "hub", [("data.token", "old-secret", "new-secret")], live)
    assert words == "kubectl-edit changed data.token of Secret hub"


def pod(made=EARLY, *, state=None, last=None, conditions=(), image="quay.io/x:1", deleted=False):
    meta = {"creationTimestamp": made} | ({"deletionTimestamp": made} if deleted else {})
    status = {"name": "hub", "state": state or {}, "lastState": last or {}, "ready": False}
    return {
        "metadata": meta,
        "spec": {"containers": [{"name": "hub", "image": image}]},
        "status": {"containerStatuses": [status] if state or last else [], "conditions": list(conditions)},
    }


def waiting(reason, message=""):
    return {"waiting": {"reason": reason, "message": message}}


def unscheduled(message):
    return {"type": "PodScheduled", "status": "False", "message": message}


def refused(message):
    return {"status": {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": message}]}}


@pytest.mark.parametrize(
    ("deployment", "pods", "events", "reason", "failed", "says"),
    [
        ({}, [], [], "Starting", False, "The hub is starting."),
        ({}, [pod(state=waiting("ContainerCreating"))], [], "Starting", False, "starting"),
        ({}, [pod(state=waiting("ImagePullBackOff", "not found"))], [], "ImagePullFailed", True, "“quay.io/x:1”"),
        ({}, [pod(state=waiting("ErrImageNeverPull"))], [], "ImagePullFailed", True, "can’t be pulled"),
        ({}, [pod(state=waiting("CrashLoopBackOff"))], [], "Crashed", True, "stopped unexpectedly"),
        ({}, [pod(state=waiting("CrashLoopBackOff"), last={"terminated": {"reason": "OOMKilled"}})], [],
         "OutOfMemory", True, "memory"),
        ({}, [pod(state=waiting("CreateContainerConfigError", "secret x not found"))], [],
         "CreateContainerConfigError", True, "secret x not found"),
        ({}, [pod(conditions=[unscheduled("0/3 nodes are available: 3 Insufficient memory.")])], [],
         "NoNodeFits", False, "No node"),
        ({}, [pod(LATE, conditions=[unscheduled("0/3 nodes are available: 3 Insufficient memory.")])], [],
         "NoNodeFits", True, "No node"),
        ({}, [pod(conditions=[unscheduled("pod has unbound immediate PersistentVolumeClaims")])], [],
         "VolumeNotBound", False, "volume"),
        ({}, [pod(state=waiting("ContainerCreating"))], [{"reason": "FailedMount", "message": "timed out"}],
         "VolumeNotMounted", False, "timed out"),
        ({}, [], [{"reason": "ProvisioningFailed", "message": "no class"}], "VolumeNotBound", False, "no class"),
        (refused("pods is forbidden: exceeded quota: hub"), [], [], "QuotaExceeded", True, "exceeds the quota"),
        (refused("pods is forbidden: violates PodSecurity"), [], [], "AdmissionRefused", True, "security rules"),
        (refused("something else"), [], [], "FailedCreate", True, "something else"),
        ({}, [pod(deleted=True)], [], "Stopping", False, "stopping"),
    ],
)  # fmt: skip
def test_the_reason_why_a_hub_does_not_run_is_a_sentence(deployment, pods, events, reason, failed, says):
    found = trouble.explain("hub", deployment, pods, events, NOW)
    assert (found.reason, found.failed) == (reason, failed)
    assert says in found.message


def test_the_newest_pod_counts():
    old = pod("2026-11-23T10:00:00Z", state=waiting("CrashLoopBackOff"))
    new = pod(EARLY, state=waiting("ImagePullBackOff"))
    assert trouble.explain("hub", {}, [old, new], (), NOW).reason == "ImagePullFailed"


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (pod(state=waiting("ImagePullBackOff", "not found")), "The image “quay.io/x:1” of the server"),
        (pod(conditions=[unscheduled("0/3 nodes are available: 3 Insufficient memory.")]), "No node of the cluster"),
        (pod(state=waiting("ContainerCreating")), ""),
        (pod(conditions=[unscheduled("pod has unbound immediate PersistentVolumeClaims")]), ""),
        (
            pod(LATE, conditions=[unscheduled("pod has unbound immediate PersistentVolumeClaims")]),
            "The server’s volume",
        ),
    ],
)
def test_why_a_persons_server_does_not_start(one, said):
    assert trouble.of_server(one, NOW).startswith(said)
    assert bool(trouble.of_server(one, NOW)) == bool(said)


def test_a_namespace_that_does_not_end_names_its_finalizer():
    said = (
        "Some content in the namespace has finalizers remaining: kubernetes.io/pvc-protection in 1 resource instances"
    )
    home = {"status": {"conditions": [{"type": "NamespaceFinalizersRemaining", "status": "True", "message": said}]}}
    assert "kubernetes.io/pvc-protection" in trouble.of_namespace(home)
    assert trouble.of_namespace({"status": {}}) == ""


@pytest.mark.parametrize(
    ("quantity", "size"),
    [("1Gi", 2**30), ("512Mi", 2**29), ("2G", 2 * 10**9), ("1.5Gi", 3 * 2**29), ("1024", 1024),
     ("1000500k", 1000500000), ("1Pi", 2**50)],
)  # fmt: skip
def test_quantities_are_read_as_kubernetes_writes_them(quantity, size):
    assert volumes.storage_bytes(quantity) == size

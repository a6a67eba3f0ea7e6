"""The check of a cluster, against a real API server and against whatever else may answer at an address."""

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from provisioning.runtimes.kubernetes.check import check
from provisioning.runtimes.kubernetes.permissions import HUB_ROLE, PERMISSIONS
from tests import kubeconfigs

from .server import KubeServer

pytestmark = pytest.mark.kubernetes
RBAC = "/apis/rbac.authorization.k8s.io/v1"
CLASSES: dict[str, dict[str, Any]] = {
    "/apis/storage.k8s.io/v1/storageclasses": {"kind": "StorageClass", "provisioner": "example.org/none"},
    "/apis/networking.k8s.io/v1/ingressclasses": {
        "kind": "IngressClass",
        "spec": {"controller": "example.org/none"},
    },
}


def cluster(kubeconfig: str, **values: Any) -> Any:
    """Return a row with the columns that the check reads."""
    usual = {"domain": "hubs.example.org", "routing": "ingress", "ingress_class": "check", "gateway": "",
             "tls": "wildcard", "tls_issuer": "", "storage_classes": ["check"], "node_pools": [],
             "pod_security": "restricted"}  # fmt: skip
    return SimpleNamespace(kubeconfig=kubeconfig, **{**usual, **values})


@pytest.fixture(scope="module", autouse=True)
def classes(kube: KubeServer) -> Iterator[None]:
    for path, about in CLASSES.items():
        group = path.removeprefix("/apis/").rpartition("/")[0]
        kube.call("POST", path, {"apiVersion": group, "metadata": {"name": "check"}, **about})
    yield
    for path in CLASSES:
        kube.call("DELETE", f"{path}/check")


def found(row: Any, api_seconds: float = 5.0, seconds: float = 15.0) -> dict[str, tuple[bool | None, str]]:
    return {finding.name: (finding.ok, finding.message) for finding in check(row, api_seconds, seconds)}


def failing(findings: dict[str, tuple[bool | None, str]]) -> dict[str, str]:
    return {name: message for name, (ok, message) in findings.items() if ok is False}


# --- a working cluster ----------------------------------------------------------------------------------------------


def test_the_portals_own_account_passes(portal_kubeconfig: str) -> None:
    findings = found(cluster(portal_kubeconfig))
    assert failing(findings) == {}
    assert findings["Connection"][1].startswith("Kubernetes v1.")
    assert findings["Account"] == (True, "system:serviceaccount:hubportal:hubportal.")
    for name, scope in (("Permissions", "cluster"), ("Permissions in hubs", "hub")):
        number = sum(p.scope == scope and p.needed for p in PERMISSIONS)
        assert findings[name] == (True, f"All {number} permissions are granted.")
    assert findings["Namespaces"][0] is True
    assert "Admission policy" not in findings  # admission.yaml is installed
    assert findings["Storage"][1].startswith("Available: check.")
    assert findings["Ingress"] == (True, "Class check is available.")
    assert findings["Credentials"][1].startswith("The credentials expire on ")


def test_it_finds_the_addresses_where_hubs_reach_the_api_server(kube: KubeServer, portal_kubeconfig: str) -> None:
    """This API server is on loopback and does not publish an EndpointSlice, so the test writes one."""
    assert found(cluster(portal_kubeconfig))["Addresses"][0] is None, "unknown, which is not a failure"
    slices = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
    kube.call("POST", slices, {
        "metadata": {"name": "kubernetes"}, "addressType": "IPv4", "endpoints": [{"addresses": ["10.50.0.1"]}],
        "ports": [{"name": "https", "port": 6443}]})  # fmt: skip
    try:
        findings = check(cluster(portal_kubeconfig), 5.0, portal_url="http://localhost:8000")
    finally:
        kube.call("DELETE", f"{slices}/kubernetes")
    service = kube.call("GET", "/api/v1/namespaces/default/services/kubernetes")["spec"]["clusterIP"]
    [finding] = [one for one in findings if one.name == "Addresses"]
    assert finding.ok is True, finding
    assert "10.50.0.1:6443" in finding.message
    assert finding.addresses
    assert set(finding.addresses["api"]) == {"10.50.0.1/32:6443", f"{service}/32:443"}
    assert finding.addresses["portal"] == [], "pods can't use loopback"
    assert any(ip_address(service) in ip_network(one) for one in finding.addresses["own"]), "addresses of Services"


def test_an_administrators_account_passes_with_a_note_that_fewer_rights_suffice(kube: KubeServer) -> None:
    findings = found(cluster(yaml.safe_dump(kube.admin_kubeconfig())))
    assert failing(findings) == {}
    assert findings["Account"][0] is None
    assert "far more permissions than the portal needs" in findings["Account"][1]


def test_the_check_creates_nothing_in_the_cluster(kube: KubeServer, portal_kubeconfig: str) -> None:
    check(cluster(portal_kubeconfig), 5.0)
    names = [row["metadata"]["name"] for row in kube.call("GET", "/api/v1/namespaces")["items"]]
    assert "hubportal-check" not in names


# --- missing rights -------------------------------------------------------------------------------------------------


@pytest.fixture
def lacking(kube: KubeServer) -> Iterator[str]:
    """An account with only default rights, and a role of its own to be filled."""
    kube.call("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "check-lacking"}})
    yield kube.token_for("default", "check-lacking")
    kube.call("DELETE", "/api/v1/namespaces/default/serviceaccounts/check-lacking")
    for kind in ("clusterrolebindings", "clusterroles"):
        with contextlib.suppress(Exception):  # a test that granted nothing
            kube.call("DELETE", f"{RBAC}/{kind}/check-lacking")


def grant(kube: KubeServer, without: set[str]) -> None:
    """Grant every right of the table everywhere, except these."""
    rules = [
        {"apiGroups": [p.group], "resources": [p.resource], "verbs": [p.verb]}
        | ({"resourceNames": [p.name]} if p.name else {})
        for p in PERMISSIONS
        if str(p) not in without
    ]
    kube.call("POST", f"{RBAC}/clusterroles", {"metadata": {"name": "check-lacking"}, "rules": rules})
    subject = {"kind": "ServiceAccount", "name": "check-lacking", "namespace": "default"}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "check-lacking"}
    kube.call(
        "POST",
        f"{RBAC}/clusterrolebindings",
        {"metadata": {"name": "check-lacking"}, "roleRef": role, "subjects": [subject]},
    )


@pytest.mark.parametrize(
    "without",
    [
        {"watch pods"},
        {"patch namespaces", "list httproutes (gateway.networking.k8s.io)"},
        {f"bind clusterroles {HUB_ROLE} (rbac.authorization.k8s.io)"},
    ],
    ids=["one", "two", "a named one"],
)
def test_exactly_the_missing_rights_are_named(kube: KubeServer, lacking: str, without: set[str]) -> None:
    grant(kube, without)
    row = cluster(yaml.safe_dump(kube.kubeconfig(lacking)))
    missing = _until(lambda: set(failing(found(row))) == {f"Missing permission: {right}" for right in without}, row)
    assert missing == {f"Missing permission: {right}" for right in without}


def _until(there: Any, row: Any) -> set[str]:
    """Wait until the API server knows a new right."""
    deadline = time.monotonic() + 5
    while not there() and time.monotonic() < deadline:
        threading.Event().wait(0.1)
    return set(failing(found(row)))


def test_optional_facts_are_no_failure_when_they_cannot_be_read(kube: KubeServer, lacking: str) -> None:
    grant(kube, {str(p) for p in PERMISSIONS if not p.needed})
    row = cluster(yaml.safe_dump(kube.kubeconfig(lacking)), tls="issuer", tls_issuer="letsencrypt")
    assert _until(lambda: not failing(found(row)), row) == set()
    findings = found(row)
    for name in ("Storage", "Ingress", "TLS", "Capacity"):
        assert findings[name] == (None, "Not known: the portal has no permission to read this, and does not need it.")


def test_an_account_without_rights_gets_a_list_of_all(kube: KubeServer, lacking: str) -> None:
    names = set(failing(found(cluster(yaml.safe_dump(kube.kubeconfig(lacking))))))
    needed = {f"Missing permission: {p}" for p in PERMISSIONS if p.scope == "cluster" and p.needed}
    assert names == needed | {"Account"}


@pytest.fixture
def hub_role(kube: KubeServer) -> Iterator[dict[str, Any]]:
    path = f"{RBAC}/clusterroles/{HUB_ROLE}"
    before = kube.call("GET", path)
    yield json.loads(json.dumps(before))
    now = kube.call("GET", path)
    kube.call("PUT", path, {**before, "metadata": now["metadata"]})


def test_missing_rights_of_the_role_in_a_hubs_namespace_are_named(
    kube: KubeServer, portal_kubeconfig: str, hub_role: dict[str, Any]
) -> None:
    rules = []
    for rule in hub_role["rules"]:
        if "secrets" in rule["resources"]:
            rule = {**rule, "verbs": [verb for verb in rule["verbs"] if verb != "patch"]}
        if "pods/log" not in rule["resources"]:
            rules.append(rule)
    kube.call("PUT", f"{RBAC}/clusterroles/{HUB_ROLE}", {**hub_role, "rules": rules})
    names = set(failing(found(cluster(portal_kubeconfig))))
    assert {"Missing permission: patch secrets", "Missing permission: get pods/log"} <= names
    assert all(name.startswith("Missing permission: ") for name in names)


@pytest.mark.parametrize(
    ("values", "name", "words"),
    [
        ({"storage_classes": ["none-such"]}, "Storage", "Not found in the cluster: none-such. Available: check."),
        ({"storage_classes": []}, "Storage", "no default storage class"),
        ({"ingress_class": "none-such"}, "Ingress", "no ingress class none-such"),
        ({"tls": "issuer", "tls_issuer": "none-such"}, "TLS", "no cert-manager"),
        ({"routing": "gateway", "gateway": "a/none-such"}, "Gateway", "There is no Gateway a/none-such"),
        ({"pod_security": "none-such"}, "Namespaces", "none-such"),
    ],
)
def test_an_unknown_class_or_pool_is_named(portal_kubeconfig: str, values: Any, name: str, words: str) -> None:
    failed = failing(found(cluster(portal_kubeconfig, **values)))
    assert set(failed) == {name}
    assert words in failed[name]


def test_optional_facts_are_reported(portal_kubeconfig: str) -> None:
    pools = [{"name": "gpu", "nodeSelector": {"gpu": "yes"}, "tolerations": []}]
    findings = found(cluster(portal_kubeconfig, ingress_class="", tls="none", node_pools=pools))
    assert failing(findings) == {}
    assert "no default class" in findings["Ingress"][1]
    assert "http://" in findings["TLS"][1]
    assert "No node belongs to this pool" in findings["Node pool gpu"][1]
    assert findings["Capacity"] == (None, "No node accepts pods at the moment.")  # no kubelet here


# --- unreachable servers --------------------------------------------------------------------------------------------


def only(row: Any, **limits: Any) -> str:
    findings = check(row, **{"api_seconds": 2.0, **limits})
    assert [(finding.name, finding.ok) for finding in findings] == [("Connection", False)]
    return findings[0].message


def test_another_authority(kube: KubeServer) -> None:
    given = kube.kubeconfig(kube.admin_token)
    given["clusters"][0]["cluster"]["certificate-authority-data"] = kubeconfigs.b64(kubeconfigs.certificate()[0])
    assert "not signed by the given certificate authority" in only(cluster(yaml.safe_dump(given)))


def test_a_refused_token(kube: KubeServer) -> None:
    assert "does not accept these credentials" in only(cluster(yaml.safe_dump(kube.kubeconfig("wrong"))))


def test_an_unreachable_server_and_an_unknown_host() -> None:
    assert "Nothing is listening" in only(cluster(kubeconfigs.text()))
    assert "name in the cluster’s address can’t be found" in only(
        cluster(kubeconfigs.text({"server": "https://kubernetes.invalid:6443"}))
    )


def test_outside_a_cluster_the_in_cluster_check_fails() -> None:
    assert "is the portal running in a cluster?" in only(cluster(""))


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_accepts_the_call_and_stays_silent(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        row = cluster(kubeconfigs.text({"server": f"{scheme}://127.0.0.1:{silent.getsockname()[1]}"}))
        began = time.monotonic()
        assert "does not respond" in only(row, api_seconds=0.5)
        assert time.monotonic() - began < 10


class Answers(BaseHTTPRequestHandler):
    """A server that is not (quite) a Kubernetes API server."""

    version: dict[str, Any] = {}
    hangs: threading.Event

    def do_GET(self) -> None:
        if self.path != "/version":
            self.hangs.wait(30)
        self._say(self.version)

    def do_POST(self) -> None:
        if "selfsubjectreviews" not in self.path:
            self.hangs.wait(30)
        self._say({"status": {"userInfo": {"username": "somebody"}}})

    do_PATCH = do_POST

    def _say(self, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def answers() -> Iterator[tuple[type[Answers], str]]:
    handler = type("Here", (Answers,), {"hangs": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield handler, kubeconfigs.text({"server": f"http://127.0.0.1:{server.server_port}"})
    handler.hangs.set()
    server.shutdown()
    server.server_close()


def test_something_else_answers(answers: tuple[type[Answers], str]) -> None:
    handler, kubeconfig = answers
    assert "not a Kubernetes API server" in only(cluster(kubeconfig))
    handler.version = {"hello": "world"}
    assert "not a Kubernetes API server" in only(cluster(kubeconfig))


def test_tls_to_a_plain_http_server(answers: tuple[type[Answers], str]) -> None:
    kubeconfig = answers[1].replace("http://", "https://")
    assert "does not use TLS" in only(cluster(kubeconfig))


def test_all_findings_of_an_old_and_slow_cluster_are_reported_in_time(answers: tuple[type[Answers], str]) -> None:
    handler, kubeconfig = answers
    handler.version = {"major": "1", "minor": "29+", "gitVersion": "v1.29.3-eks"}
    began = time.monotonic()
    findings = found(cluster(kubeconfig), api_seconds=20.0, seconds=1.0)
    assert time.monotonic() - began < 10  # not 20 s a call, and not eighty calls in sequence
    assert findings["Connection"] == (False, "Kubernetes v1.29.3-eks is running. The portal needs 1.30 or newer.")
    assert "did not respond in time" in findings["Permissions"][1]
    assert "patch namespaces" in findings["Permissions"][1]
    assert findings["Namespaces"][0] is False
    assert findings["Capacity"][0] is None  # counting many pods takes long, and nothing depends on it

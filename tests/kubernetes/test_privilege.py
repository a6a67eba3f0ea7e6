"""The rights of the portal's account in a cluster, checked with a real API server: those of the table, and no others.

All calls use the account's own token. The text of a refusal shows what refused: RBAC ("cannot …"), or one of the
admission policies of deploy/kubernetes, which restrict what RBAC can't express.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from provisioning.contract import FILES
from provisioning.names import LABEL_HUB
from provisioning.render.kubernetes.files import HUB_RULES
from provisioning.runtimes.kubernetes import KubernetesRuntime
from provisioning.runtimes.kubernetes.client import Api
from provisioning.runtimes.kubernetes.permissions import PERMISSIONS
from tests.runtimes.shapes import release

from .asking import APPLY, As, Right, expand
from .place import home
from .rights import DEPLOY
from .server import KubeServer

pytestmark = pytest.mark.kubernetes
RBAC = "/apis/rbac.authorization.k8s.io/v1"
POLICIES = "/apis/admissionregistration.k8s.io/v1"
ITSELF = {"kind": "ServiceAccount", "name": "hubportal", "namespace": "hubportal"}
OF_A_HUB = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "hubportal-hub"}
MADE = "The portal may only change namespaces that it created"
INSIDE = "The portal may only work in namespaces that it created"
BINDS = "The portal may only bind itself to hubportal-hub, and a hub to its own Role"


def table(*scopes: str) -> set[Right]:
    return {(p.group, p.resource, p.verb, p.name) for p in PERMISSIONS if p.scope in scopes}


@pytest.fixture(scope="module")
def portal(kube: KubeServer, portal_token: str) -> As:
    return As(kube, portal_token)


@pytest.fixture(scope="module")
def anybody(kube: KubeServer) -> As:
    """An account without granted rights."""
    kube.call("POST", "/api/v1/namespaces/default/serviceaccounts", {"metadata": {"name": "anybody"}})
    return As(kube, kube.token_for("default", "anybody"))


@pytest.fixture(scope="module")
def room(kube: KubeServer, api: Api) -> Iterator[str]:
    """The namespace of a hub, created by the portal itself."""
    made = release(uid="hprivilege01")
    KubernetesRuntime(api).apply(made.target, next(part for part in made.parts if part.name == FILES))
    yield home(made.target)
    kube.call("DELETE", f"/api/v1/namespaces/{home(made.target)}")


@pytest.fixture(scope="module")
def foreign(kube: KubeServer) -> Iterator[str]:
    """A namespace of others."""
    kube.call("POST", "/api/v1/namespaces", {"metadata": {"name": "somebody-else"}})
    secret = {"metadata": {"name": "theirs"}, "data": {"password": "aHVudGVyMg=="}}
    kube.call("POST", "/api/v1/namespaces/somebody-else/secrets", secret)
    yield "somebody-else"
    kube.call("DELETE", "/api/v1/namespaces/somebody-else")


# --- the account has the rights of the table --------------------------------------------------------------------------
@pytest.mark.parametrize(("role", "scope"), [("hubportal", "cluster"), ("hubportal-hub", "hub")])
def test_a_role_has_each_right_of_the_table_and_no_other(role: str, scope: str) -> None:
    given = {
        m["metadata"]["name"]: m["rules"]
        for m in yaml.safe_load_all((DEPLOY / "rbac.yaml").read_text())
        if m["kind"] == "ClusterRole"
    }
    rights = expand(given[role])
    assert rights == table(scope)
    assert not [right for right in rights if "*" in right]


def test_the_account_holds_elsewhere_what_the_table_says_and_nothing_else(portal: As, anybody: As) -> None:
    for namespace in ("default", "kube-system", "hubportal"):
        assert portal.rights(namespace) - anybody.rights(namespace) == table("cluster")


def test_the_account_holds_in_a_hubs_namespace_what_the_table_says(portal: As, anybody: As, room: str) -> None:
    assert portal.rights(room) - anybody.rights(room) == table("cluster", "hub")


# --- refused calls ----------------------------------------------------------------------------------------------------
def binding(name: str, role: dict[str, str], *subjects: dict[str, str]) -> dict[str, Any]:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
            "roleRef": role, "subjects": list(subjects)}  # fmt: skip


def a_namespace(name: str, **labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def refused(answer: tuple[int, Any], *words: str) -> None:
    status, said = answer
    assert status == 403, (status, said)
    assert all(word in said["message"] for word in words), said["message"]


@pytest.mark.parametrize("namespace", ["kube-system", "default", "hubportal", "somebody-else"])
def test_it_reads_no_secret_of_others(portal: As, foreign: str, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    refused(portal.ask("GET", path), "cannot list resource", "secrets")
    refused(portal.ask("GET", f"{path}/theirs"), "cannot get resource", "secrets")
    refused(portal.ask("GET", f"{path}?watch=true"), "cannot watch resource", "secrets")


def test_it_lists_no_secrets_of_the_whole_cluster(portal: As) -> None:
    refused(portal.ask("GET", "/api/v1/secrets"), "cannot list resource", "at the cluster scope")


@pytest.mark.parametrize("namespace", ["kube-system", "default", "hubportal", "somebody-else"])
def test_a_foreign_namespace_stays_as_it_is(portal: As, kube: KubeServer, foreign: str, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    before = kube.call("GET", path)["metadata"]["labels"]
    label = {"metadata": {"labels": {LABEL_HUB: "mine", "pod-security.kubernetes.io/enforce": "restricted"}}}
    refused(portal.ask("PATCH", path, label, "application/merge-patch+json"), MADE)
    refused(portal.apply(path, a_namespace(namespace, **label["metadata"]["labels"])), MADE)
    protected = namespace in ("kube-system", "default")  # refused by the API server itself, which checks first
    refused(portal.ask("DELETE", path), "this namespace may not be deleted" if protected else MADE)
    assert kube.call("GET", path)["metadata"]["labels"] == before


def test_it_creates_only_namespaces_of_hubs(portal: As) -> None:
    path = "/api/v1/namespaces"
    refused(portal.ask("POST", path, a_namespace("of-nobody")), MADE)
    for level in ({}, {"pod-security.kubernetes.io/enforce": "privileged"}):
        labels = {LABEL_HUB: "hprivilege02", **level}
        words = "A hub's namespace must enforce the Pod Security Standard restricted or baseline"
        refused(portal.ask("POST", path, a_namespace("of-a-hub", **labels)), words)


def test_a_hubs_namespace_stays_that_hubs_and_keeps_its_guard(portal: As, room: str) -> None:
    path, merge = f"/api/v1/namespaces/{room}", "application/merge-patch+json"
    for other in (None, "hanother0001"):
        patch = {"metadata": {"labels": {LABEL_HUB: other}}}
        refused(portal.ask("PATCH", path, patch, merge), "A namespace must keep the hub for which it was created")
    patch = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}
    refused(portal.ask("PATCH", path, patch, merge), "restricted or baseline")


@pytest.mark.parametrize("namespace", ["kube-system", "default", "hubportal", "somebody-else"])
def test_it_can_not_grant_itself_rights_elsewhere(portal: As, foreign: str, namespace: str) -> None:
    path = f"{RBAC}/namespaces/{namespace}/rolebindings"
    refused(portal.ask("POST", path, binding("hubportal", OF_A_HUB, ITSELF)), INSIDE)
    refused(portal.apply(f"{path}/hubportal", binding("hubportal", OF_A_HUB, ITSELF)), INSIDE)


def test_an_existing_binding_gets_no_other_subjects(portal: As, kube: KubeServer) -> None:
    """It may patch RoleBindings, but not those of others."""
    path = f"{RBAC}/namespaces/kube-system/rolebindings"
    name = kube.call("GET", path)["items"][0]["metadata"]["name"]
    status, said = portal.ask("PATCH", f"{path}/{name}", {"subjects": [ITSELF]}, "application/merge-patch+json")
    assert status == 403
    assert INSIDE in said["message"] or "attempting to grant RBAC permissions not currently held" in said["message"]


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        (OF_A_HUB, {"kind": "ServiceAccount", "name": "hub", "namespace": "HOME"}),
        (OF_A_HUB, {"kind": "User", "name": "eve", "apiGroup": "rbac.authorization.k8s.io"}),
        (OF_A_HUB, {"kind": "ServiceAccount", "name": "hubportal", "namespace": "default"}),
        (
            {**OF_A_HUB, "kind": "Role", "name": "hub"},
            {"kind": "ServiceAccount", "name": "hub", "namespace": "default"},
        ),
        ({**OF_A_HUB, "kind": "Role", "name": "hub"}, ITSELF),
    ],
)
def test_in_a_hubs_namespace_it_binds_only_itself_and_the_hub(
    portal: As, room: str, role: dict[str, str], subject: dict[str, str]
) -> None:
    subject = {key: room if value == "HOME" else value for key, value in subject.items()}
    refused(portal.ask("POST", f"{RBAC}/namespaces/{room}/rolebindings", binding("more", role, subject)), BINDS)


def test_it_grants_no_rights_that_it_does_not_have(portal: As, room: str) -> None:
    path = f"{RBAC}/namespaces/{room}"
    admin = {**OF_A_HUB, "name": "cluster-admin"}
    words = "attempting to grant RBAC permissions not currently held"
    refused(portal.ask("POST", f"{path}/rolebindings", binding("more", admin, ITSELF)), words)
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "watch"]}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "more"}, "rules": [rule]}
    refused(portal.ask("POST", f"{path}/roles", role), words)
    refused(portal.ask("POST", f"{RBAC}/clusterrolebindings", {}), "cannot create resource")
    refused(portal.ask("POST", f"/api/v1/namespaces/{room}/serviceaccounts/hub/token", {}), "cannot create resource")


def test_it_can_not_remove_its_admission_policies(portal: As) -> None:
    for kind in ("validatingadmissionpolicies", "validatingadmissionpolicybindings"):
        for name in ("hubportal-namespaces", "hubportal-objects", "hubportal-rolebindings", "hubportal-services"):
            refused(portal.ask("DELETE", f"{POLICIES}/{kind}/{name}"), "cannot delete resource")
            refused(portal.ask("PATCH", f"{POLICIES}/{kind}/{name}", {}, APPLY), "cannot patch resource")


@pytest.mark.parametrize("spec", [{"type": "LoadBalancer"}, {"type": "NodePort"}, {"externalIPs": ["203.0.113.7"]}])
def test_services_of_a_hub_are_cluster_internal(portal: As, room: str, spec: dict[str, Any]) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "out"},
               "spec": {"ports": [{"port": 80}], "selector": {"a": "b"}, **spec}}  # fmt: skip
    path = f"/api/v1/namespaces/{room}/services"
    refused(portal.ask("POST", path, service), "A hub's Services must be of type ClusterIP")


# --- the hub's account ------------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def hub_account(kube: KubeServer, room: str) -> As:
    return As(kube, kube.token_for(room, "hub"))


def test_a_hub_holds_in_its_namespace_what_its_role_says(hub_account: As, anybody: As, room: str) -> None:
    assert hub_account.rights(room) - anybody.rights(room) == expand(HUB_RULES)
    assert hub_account.ask("GET", f"/api/v1/namespaces/{room}/pods")[0] == 200


def test_a_hub_holds_nothing_elsewhere(hub_account: As, anybody: As, kube: KubeServer, api: Api) -> None:
    other = release(uid="hprivilege03", slug="other")
    KubernetesRuntime(api).apply(other.target, next(part for part in other.parts if part.name == FILES))
    namespaces = ["default", "kube-system", "hubportal", home(other.target)]
    for namespace in namespaces:
        assert hub_account.rights(namespace) == anybody.rights(namespace)
        for plural in ("pods", "secrets", "configmaps", "persistentvolumeclaims", "services", "serviceaccounts"):
            path = f"/api/v1/namespaces/{namespace}/{plural}"
            refused(hub_account.ask("GET", path), "cannot list resource")
            refused(hub_account.ask("POST", path, {"metadata": {"name": "x"}}), "cannot create resource")
    for path in ("/api/v1/pods", "/api/v1/secrets", "/api/v1/namespaces", "/api/v1/nodes"):
        refused(hub_account.ask("GET", path), "at the cluster scope")
    kube.call("DELETE", f"/api/v1/namespaces/{home(other.target)}")


def test_access_reviews_agree_for_every_verb(hub_account: As, kube: KubeServer, room: str) -> None:
    """The admin asks about the hub's account: outside its namespace, it has no right of the whole table."""
    user = f"system:serviceaccount:{room}:hub"
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{room}", "system:authenticated"]
    for permission in PERMISSIONS:
        for namespace in ("default", ""):
            spec = {"user": user, "groups": groups, "resourceAttributes": permission.attributes(namespace)}
            review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
            said = kube.call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
            assert said["status"]["allowed"] is False, f"{permission} in {namespace or 'all namespaces'}"

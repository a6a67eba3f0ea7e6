"""What a cluster needs before hubs can run in it: the first three files of deploy/kubernetes."""

import json
from pathlib import Path

import urllib3
import yaml

from tests.runtimes.worlds import until

from .server import KubeServer

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
RIGHTS = ("account.yaml", "rbac.yaml", "admission.yaml")
PATHS = {
    "Namespace": "/api/v1/namespaces",
    "ServiceAccount": "/api/v1/namespaces/{namespace}/serviceaccounts",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "ValidatingAdmissionPolicy": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
}


def install_rights(kube: KubeServer) -> None:
    """Run kubectl apply -f with these three files, as the cluster's admin would."""
    for name in RIGHTS:
        for manifest in yaml.safe_load_all((DEPLOY / name).read_text()):
            path = PATHS[manifest["kind"]].format(namespace=manifest["metadata"].get("namespace", ""))
            query = "fieldManager=admin&force=true"
            kube.call(
                "PATCH", f"{path}/{manifest['metadata']['name']}?{query}", manifest, "application/apply-patch+yaml"
            )
    until(lambda: _guarded(kube), 60, "the admission policy is in force: the API server takes a moment to read it")


def _guarded(kube: KubeServer) -> bool:
    """Return whether the portal's account is refused a namespace that is not a hub's."""
    token = kube.token_for("hubportal", "hubportal")
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "nobodys"}}
    with urllib3.PoolManager(ca_cert_data=kube.ca_pem, retries=False) as pool:
        answer = pool.request(
            "POST",
            f"{kube.url}/api/v1/namespaces?dryRun=All",
            body=json.dumps(namespace),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            timeout=10,
        )
    return bool(answer.status in (403, 422) and b"ValidatingAdmissionPolicy" in answer.data)

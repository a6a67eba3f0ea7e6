"""The cluster under test, as its admin: what a person with kubectl does. The portal itself never uses this account."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import yaml
from kubernetes import client as official
from kubernetes import config as credentials
from kubernetes.stream import stream

from provisioning.errors import Missing
from provisioning.runtimes.kubernetes.client import Api
from tests.stack.portal import until

DEPLOY = Path(__file__).resolve().parents[2] / "deploy" / "kubernetes"
# Gives the portal access. The rest of deploy/kubernetes runs the portal, which runs on this machine here.
WAY_IN = (
    "Namespace", "ServiceAccount", "ClusterRole", "ClusterRoleBinding",
    "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
)  # fmt: skip
APPLY = "application/apply-patch+yaml"
PORTAL_NAMESPACE = PORTAL_ACCOUNT = "hubportal"  # as deploy/kubernetes names them


class Kube:
    """Reads and writes plain dicts. `path` is the API's own, without the leading "/api/v1" for core kinds."""

    def __init__(self, kubeconfig: dict[str, Any]) -> None:
        self.kubeconfig = kubeconfig
        settings = official.Configuration(retries=False)
        self.client = credentials.new_client_from_config_dict(kubeconfig, client_configuration=settings)
        self.api = Api(self.client.configuration, 10.0)

    def close(self) -> None:
        self.client.rest_client.pool_manager.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def _path(path: str) -> str:
        return path if path.startswith(("/api", "/apis")) else f"/api/v1/{path}"

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self.api.request("GET", self._path(path), query)

    def items(self, path: str, **query: str) -> list[dict[str, Any]]:
        return list(self.get(path, **query)["items"])

    def there(self, path: str) -> bool:
        try:
            return bool(self.get(path))
        except Missing:
            return False

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return self.api.request("POST", self._path(path), body=body)

    def patch(self, path: str, body: Mapping[str, Any], manager: str = "kubectl-edit") -> dict[str, Any]:
        """Patch an object as `kubectl edit` does."""
        return self.api.request(
            "PATCH", self._path(path), {"fieldManager": manager}, body, content_type="application/merge-patch+json"
        )

    def apply(self, path: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
        """Apply an object as `kubectl apply --server-side` does."""
        query = {"fieldManager": "kubectl", "force": "true"}
        return self.api.request("PATCH", self._path(path), query, manifest, content_type=APPLY)

    def delete(self, path: str) -> None:
        try:
            self.api.request("DELETE", self._path(path))
        except Missing:
            return

    def token(self, namespace: str, account: str) -> str:
        """Return a real token of a ServiceAccount, valid for an hour."""
        asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
        return str(self.post(f"namespaces/{namespace}/serviceaccounts/{account}/token", asked)["status"]["token"])

    def kubeconfig_of(self, namespace: str, account: str) -> dict[str, Any]:
        """Return a kubeconfig of this cluster for that ServiceAccount, without file paths."""
        name = {item["name"]: item["context"] for item in self.kubeconfig["contexts"]}[
            self.kubeconfig["current-context"]
        ]["cluster"]
        given = next(item["cluster"] for item in self.kubeconfig["clusters"] if item["name"] == name)
        cluster = {"server": given["server"]}
        if "certificate-authority" in given:
            pem = Path(given["certificate-authority"]).read_bytes()
            cluster["certificate-authority-data"] = base64.b64encode(pem).decode()
        elif "certificate-authority-data" in given:
            cluster["certificate-authority-data"] = given["certificate-authority-data"]
        return {
            "apiVersion": "v1", "kind": "Config", "current-context": "e2e",
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}],
            "clusters": [{"name": "e2e", "cluster": cluster}],
            "users": [{"name": "e2e", "user": {"token": self.token(namespace, account)}}],
        }  # fmt: skip

    def may(self, user: str, namespace: str, verb: str, resource: str, group: str = "", name: str = "") -> bool:
        """Return whether the API server allows this user the call (SubjectAccessReview). `resource` may be
        "pods/log"."""
        kind, _, subresource = resource.partition("/")
        attributes = {"namespace": namespace, "verb": verb, "group": group, "resource": kind,
                      "subresource": subresource, "name": name}  # fmt: skip
        groups = ["system:authenticated", "system:serviceaccounts"]
        if user.startswith("system:serviceaccount:"):
            groups.append(f"system:serviceaccounts:{user.split(':')[2]}")
        asked = {
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": user, "groups": groups, "resourceAttributes": attributes},
        }  # fmt: skip
        return bool(self.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", asked)["status"]["allowed"])

    def run(self, namespace: str, pod: str, *command: str, container: str | None = None) -> str:
        """Return the output of this command in a pod (`kubectl exec`)."""
        own = credentials.new_client_from_config_dict(self.kubeconfig)  # stream() changes the client that it is given
        running = stream(
            official.CoreV1Api(own).connect_get_namespaced_pod_exec, pod, namespace, command=list(command),
            stderr=True, stdin=False, stdout=True, tty=False, _preload_content=False,
            **({"container": container} if container else {}),
        )  # fmt: skip
        try:
            running.run_forever(timeout=30)
            return str(running.read_all())
        finally:
            running.sock.shutdown()  # close() leaves the socket open when the other side was first
            own.rest_client.pool_manager.clear()

    def log(self, namespace: str, component: str, lines: int = 30) -> str:
        """Return the last lines of its newest pod (`kubectl logs`)."""
        pods = self.pods(namespace, component)
        if not pods:
            return f"no pod of {component} in {namespace}"
        path = self._path(f"namespaces/{namespace}/pods/{pods[-1]['metadata']['name']}/log")
        return self.api.text("GET", path, query={"tailLines": lines})[0]

    def remove(self, namespace: str) -> None:
        """Delete a namespace and everything in it at once, without a graceful end of proxies and notebooks."""
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0}
        self.delete(f"namespaces/{namespace}")
        self.api.request("DELETE", self._path(f"namespaces/{namespace}/pods"), body=options)

    def pods(self, namespace: str, component: str) -> list[dict[str, Any]]:
        """Return the pods that are not ending."""
        found = self.items(f"namespaces/{namespace}/pods", labelSelector=f"component={component}")
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def install_way_in(self) -> None:
        """Install deploy/kubernetes: the portal's account, its rights, and their restrictions."""
        documents = [
            document
            for file in sorted(DEPLOY.glob("*.yaml"))
            for document in yaml.safe_load_all(file.read_text())
            if document and document.get("kind") in WAY_IN
        ]
        assert {document["kind"] for document in documents} >= {"ClusterRole", "ValidatingAdmissionPolicy"}
        for kind in WAY_IN:
            for document in documents:
                if document["kind"] == kind:
                    self.apply(_path_of(document), document)
        until(
            lambda: self.may(f"system:serviceaccount:{PORTAL_NAMESPACE}:{PORTAL_ACCOUNT}", "", "create", "namespaces"),
            "the cluster knows what the portal may do",
        )


def _path_of(document: Mapping[str, Any]) -> str:
    plural = document["kind"].lower() + "s"
    if document["kind"] == "ValidatingAdmissionPolicy":
        plural = "validatingadmissionpolicies"
    version, meta = document["apiVersion"], document["metadata"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    where = f"/namespaces/{meta['namespace']}" if meta.get("namespace") else ""
    return f"{root}{where}/{plural}/{meta['name']}"


def read_kubeconfig(path: str) -> dict[str, Any]:
    return dict(yaml.safe_load(Path(path).read_text()))

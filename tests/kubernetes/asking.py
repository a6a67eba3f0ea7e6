"""A client with a token, which calls the API server and returns its answers."""

import json
import ssl
import urllib.request
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.error import HTTPError

from .server import KubeServer

APPLY = "application/apply-patch+yaml"
Right = tuple[str, str, str, str]  # API group, resource (with subresource), verb, name of the only object or ""


class As:
    def __init__(self, kube: KubeServer, token: str) -> None:
        self.kube, self.token = kube, token
        self._context = ssl.create_default_context(cadata=kube.ca_pem)

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> tuple[int, Any]:
        """Return (status, the answer's object); a refusal is a Status with the server's message."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.kube.url}{path}", data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10, context=self._context) as answer:
                return answer.status, json.loads(answer.read() or "{}")
        except HTTPError as refusal:
            with refusal:
                return refusal.code, json.loads(refusal.read() or "{}")

    def apply(self, path: str, manifest: Mapping[str, Any]) -> tuple[int, Any]:
        return self.ask("PATCH", f"{path}?fieldManager=hubportal&force=true", manifest, APPLY)

    def rights(self, namespace: str) -> set[Right]:
        """Return everything that the API server allows this account there (SelfSubjectRulesReview)."""
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview",
                  "spec": {"namespace": namespace}}  # fmt: skip
        _, said = self.ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review)
        assert not said["status"]["incomplete"]
        return expand(said["status"]["resourceRules"])


def expand(rules: Iterable[Mapping[str, Any]]) -> set[Right]:
    """Return one entry for each right in these RBAC rules."""
    return {
        (group, resource, verb, name)
        for rule in rules
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
        for name in rule.get("resourceNames") or [""]
    }

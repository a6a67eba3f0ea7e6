"""The part of the Gateway API that an API server needs to accept and store an HTTPRoute."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.runtimes.worlds import until

from .server import KubeServer

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SERVED = "/apis/gateway.networking.k8s.io/v1"
HTTP_ROUTES: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": "httproutes.gateway.networking.k8s.io",
        "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"},
    },
    "spec": {
        "group": "gateway.networking.k8s.io",
        "scope": "Namespaced",
        "names": {"kind": "HTTPRoute", "plural": "httproutes", "singular": "httproute"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
            "type": "object",
            "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
        }}}],
    },
}  # fmt: skip


@contextmanager
def gateway_api(kube: KubeServer) -> Iterator[None]:
    """Make the API server serve HTTPRoutes, and remove them afterwards in any case."""

    def known() -> bool:
        groups = kube.call("GET", "/apis")["groups"]
        return any(f"/apis/{group['preferredVersion']['groupVersion']}" == SERVED for group in groups)

    kube.call("POST", CRDS, HTTP_ROUTES)
    try:
        until(known, 60, "HTTPRoutes are served")
        yield
    finally:
        kube.call("DELETE", f"{CRDS}/{HTTP_ROUTES['metadata']['name']}")
        until(lambda: not known(), 60, "HTTPRoutes are served no more")

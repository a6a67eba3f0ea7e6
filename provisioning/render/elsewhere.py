"""Export a hub as plain Kubernetes manifests, for a cluster without the portal and without Helm. Pure.

The same objects that the portal creates, without what only the portal can provide: its permissions in the namespace,
its labels, its sign-in, and all secrets.
"""

import base64
import json
from collections.abc import Iterable
from typing import Any

import yaml

from hubs.spec import HubSpec, hub_secrets
from hubs.spec.secrets import REPLACED
from hubs.spec.trees import joined
from hubs.spec.values import ELSEWHERE
from provisioning.contract import Release, Target
from provisioning.names import LABEL_HUB, LABEL_PART
from provisioning.render.kubernetes import render_kubernetes
from provisioning.render.kubernetes.labels import Manifest
from provisioning.render.place import Agreed, ClusterFacts
from provisioning.render.values import PortalSignIn

Paths = Iterable[tuple[str, ...]]
URL = "https://hub.to-be-replaced.example.org/"
HEX = "to-be-replaced-by-64-hex-characters"
CLIENT_SECRET = "hub.config.GenericOAuthenticator.client_secret"  # noqa: S105 - its path in the values
NOBODY = PortalSignIn(REPLACED, f"{ELSEWHERE}/authorize", f"{ELSEWHERE}/token", f"{ELSEWHERE}/userinfo", "")
HEADER = """\
# {title}: a complete JupyterHub as Kubernetes objects.
#   kubectl apply --server-side -f manifests.yaml
# First replace every value that contains “to-be-replaced”: the address, the sign-in and each secret
# (64 hex characters: openssl rand -hex 32; the proxy's token is in two Secrets and must be the same in both).
"""


def _leave_the_portal_out(manifest: Manifest, spec: HubSpec) -> None:
    """Remove the portal's own parts from a manifest, in place."""
    labels = manifest["metadata"]["labels"]
    for name in (LABEL_HUB, LABEL_PART, "app.kubernetes.io/managed-by"):
        labels.pop(name, None)
    if manifest["kind"] == "Secret":
        data = manifest.pop("data")
        manifest["stringData"] = {name: base64.b64decode(text).decode() for name, text in data.items()}
    if manifest["kind"] == "ConfigMap" and "values.json" in manifest["data"]:
        values: dict[str, Any] = json.loads(manifest["data"]["values.json"])
        values["hub"]["templateVars"].pop("portal_url", None)
        values["custom"]["portalSignIn"] = False
        if spec.signIn.method == "portal":
            config = values["hub"]["config"]
            config["GenericOAuthenticator"]["login_service"] = "your account"
            config["Authenticator"]["admin_users"] = list(spec.signIn.adminUsers)
        manifest["data"] = {**manifest["data"], "values.json": json.dumps(values, ensure_ascii=False, indent=1)}


def _release(slug: str, spec: HubSpec, paths: Paths, facts: ClusterFacts, agreed: Agreed, code: str) -> Release:
    by_portal = spec.signIn.method == "portal"
    typed = {f"{hub_secrets.TYPED}{joined(path)}": REPLACED for path in paths}
    if by_portal:
        typed[f"{hub_secrets.TYPED}{CLIENT_SECRET}"] = REPLACED
    secrets = {**dict.fromkeys(hub_secrets.MADE, HEX), **typed}
    return render_kubernetes(Target("hub", slug, URL), spec, secrets, NOBODY, "running", facts, agreed, code=code)


def manifests(
    slug: str, spec: HubSpec, paths: Paths, facts: ClusterFacts, agreed: Agreed, code: str = ""
) -> list[Manifest]:
    """Return manifests in the order of applying. `paths`: of entered secrets in the values; `code`: added by staff."""
    found = []
    for part in _release(slug, spec, paths, facts, agreed, code).parts:
        for manifest in part.payload.values():
            if manifest["metadata"]["name"] == "hubportal":
                continue  # the portal's own permissions
            manifest = json.loads(json.dumps(manifest))  # a copy to change
            _leave_the_portal_out(manifest, spec)
            found.append(manifest)
    return found


def manifests_yaml(title: str, found: list[Manifest]) -> str:
    """Return the manifests as a YAML file with instructions."""
    body = yaml.safe_dump_all(found, sort_keys=False, allow_unicode=True, width=120)
    return HEADER.format(title=" ".join(title.split())) + body

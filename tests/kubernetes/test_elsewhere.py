"""An exported hub: its manifests in another cluster, applied by their new owner alone."""

import json
import secrets
import subprocess
from pathlib import Path

import pytest

from hubs.spec import HubSpec
from provisioning.render import elsewhere
from provisioning.runtimes.kubernetes.client import connect
from tests.runtimes.shapes import AGREED, PLAIN

from .hub_process import BIN
from .server import KubeServer

pytestmark = pytest.mark.kubernetes


def test_another_cluster_accepts_it_and_jupyterhub_loads_it(kube: KubeServer, tmp_path: Path):
    spec = HubSpec.model_validate({"about": {"title": "Statistics 101"}, "signIn": {"adminUsers": ["ada"]}})
    slug = f"left-{secrets.token_hex(3)}"
    found = elsewhere.manifests(slug, spec, [], PLAIN, AGREED)
    owner = connect(json.dumps(kube.admin_kubeconfig()), 10)
    for manifest in found:
        assert owner.apply(manifest)["kind"] == manifest["kind"]
    by_key = {f"{one['kind']}/{one['metadata']['name']}": one for one in found}
    for name, text in by_key["ConfigMap/hub"]["data"].items():
        (tmp_path / name).write_text(text)
    (tmp_path / "secret").mkdir()
    for name, text in by_key["Secret/hub"]["stringData"].items():
        (tmp_path / "secret" / name).write_text(text.replace(elsewhere.HEX, secrets.token_hex(32)))
    argv = [str(BIN / "jupyterhub"), f"--config={tmp_path}/jupyterhub_config.py", "--show-config-json"]
    environ = {
        "PATH": f"{BIN}:/usr/bin:/bin", "POD_NAMESPACE": slug, "CONFIGPROXY_AUTH_TOKEN": "t", "HOME": str(tmp_path),
        "HUBPORTAL_REVISION": by_key["Secret/hub"]["stringData"]["revision"], "HUBPORTAL_CONFIG": str(tmp_path),
        "HUBPORTAL_SECRETS": str(tmp_path / "secret"), "HUBPORTAL_STATE": str(tmp_path),
    }  # fmt: skip
    done = subprocess.run(argv, env=environ, capture_output=True, timeout=60, cwd=tmp_path)
    config = json.loads(done.stdout)
    assert config["JupyterHub"]["authenticator_class"] == "generic-oauth"
    assert config["Authenticator"]["admin_users"] == ["ada"]
    assert config["GenericOAuthenticator"]["client_secret"] == "to-be-replaced"
    assert config["GenericOAuthenticator"]["authorize_url"].startswith("https://to-be-replaced.")
    kube.call("DELETE", f"/api/v1/namespaces/{by_key['Deployment/hub']['metadata']['namespace']}")

"""Rotated secrets in the configuration of a hub in a cluster, read by a real JupyterHub: the old service token is
refused, encrypted data stays readable, and people's pods stay."""

import secrets
from pathlib import Path

import httpx
import pytest

from provisioning.render import render_kubernetes
from tests.runtimes.shapes import AGREED, PLAIN
from tests.runtimes.worlds import NOWHERE, until

from .hub_process import HubProcess
from .server import KubeServer

pytestmark = pytest.mark.kubernetes


def status(hub: HubProcess, token: str) -> int:
    headers = {"Authorization": f"token {token}"}
    return httpx.get(f"{hub.target.url}hub/api/users", headers=headers, trust_env=False, timeout=10).status_code


def roll(hub: HubProcess) -> None:
    """Do what a new pod of the hub does: other files, then another process."""
    hub.release = render_kubernetes(hub.target, hub.spec, hub.secrets, NOWHERE, "running", PLAIN, AGREED)
    ended = hub.running[-1]
    ended.terminate()
    ended.wait(60)
    hub.write_files()
    started = hub.start_hub()
    until(lambda: started.poll() is not None or hub.revision() == hub.release.revision, 60, "the hub answers")
    assert started.poll() is None, hub.log()


def test_the_old_service_token_is_refused_and_pods_stay(kube: KubeServer, tmp_path: Path):
    with HubProcess(kube, tmp_path) as hub:
        old = dict(hub.secrets)
        pod = hub.spawn("mia")
        assert status(hub, old["portal_service_token"]) == 200
        for name in ("cookie_secret", "portal_service_token", "oauth_client_secret"):
            hub.secrets[name] = secrets.token_hex(32)
        hub.secrets["crypt_key"] = f"{secrets.token_hex(32)} {old['crypt_key']}"
        roll(hub)
        assert status(hub, old["portal_service_token"]) == 403
        assert status(hub, hub.secrets["portal_service_token"]) == 200
        assert [one["metadata"]["uid"] for one in hub.pods()] == [pod["metadata"]["uid"]]

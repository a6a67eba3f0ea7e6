"""deploy/ against a real API server: it accepts every object and pod; only the ingress controller reaches the
portal."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from provisioning.errors import Transient
from provisioning.runtimes.kubernetes import kubeconfig
from provisioning.runtimes.kubernetes.client import connect
from provisioning.runtimes.kubernetes.kinds import NAMESPACE
from tests.runtimes.worlds import until

from .binaries import find
from .manifests import DEPLOY, kubectl, kustomized, pods
from .server import KubeServer

pytestmark = pytest.mark.kubernetes
FOLDERS = ("kubernetes", "with-databases")
CONTROLLERS = ["traefik", "ingress-nginx", "kube-system"]  # k3s runs Traefik in kube-system


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_api_server_accepts_every_object(kube: KubeServer, folder: str) -> None:
    dry_run = ("--dry-run=server", "--validate=strict", "--server-side", "--force-conflicts")
    told = kubectl(kube, "apply", *dry_run, "-k", str(DEPLOY / folder)).splitlines()
    assert len(told) == len(kustomized(kube, folder))


def test_the_portals_namespace_accepts_every_pod(kube: KubeServer) -> None:
    """The namespace enforces `restricted`: a pod that violates it would be answered with 403."""
    namespace = kube.call("GET", "/api/v1/namespaces/hubportal")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    wanted = pods(kustomized(kube, "with-databases"))
    assert set(wanted) == {"web", "worker", "watcher", "beat", "postgres", "redis"}
    for name, pod in wanted.items():
        made = kube.call("POST", "/api/v1/namespaces/hubportal/pods?dryRun=All", pod)
        assert made["metadata"]["name"] == name


def test_pods_that_do_not_call_the_cluster_have_no_token(kube: KubeServer) -> None:
    tokens = {name: pod["spec"]["automountServiceAccountToken"] for name, pod in
              pods(kustomized(kube, "with-databases")).items()}  # fmt: skip
    assert tokens == {"web": True, "worker": True, "watcher": True, "beat": False, "postgres": False, "redis": False}


def selected(policy: dict[str, Any], labels: dict[str, str]) -> bool:
    return policy["spec"]["podSelector"].get("matchLabels", {}).items() <= labels.items()


def test_only_the_ingress_controller_reaches_the_portal(kube: KubeServer) -> None:
    """Who may reach which pod, according to the policies: everything that no policy allows is denied."""
    manifests = kustomized(kube, "with-databases")
    policies = [m for m in manifests if m["kind"] == "NetworkPolicy"]
    assert any(selected(p, {}) and p["spec"]["policyTypes"] == ["Ingress", "Egress"] for p in policies)
    open_to = {
        name: [
            (peer, port["port"])
            for policy in policies
            if selected(policy, pod["metadata"]["labels"])
            for rule in policy["spec"].get("ingress", [])
            for peer in rule["from"]
            for port in rule["ports"]
        ]
        for name, pod in pods(manifests).items()
    }
    where = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": CONTROLLERS}
    controller = {"namespaceSelector": {"matchExpressions": [where]}}
    portal = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "hubportal"}}}
    assert open_to["web"] == [(controller, 8000)]
    assert open_to["worker"] == open_to["watcher"] == open_to["beat"] == []
    assert open_to["postgres"] == open_to["redis"] == [(portal, 5432), (portal, 6379)]


# --- the guide --------------------------------------------------------------------------------------------------------
def guide(language: str, having: str) -> str:
    """Return the block of docs/kubernetes.md that contains these words."""
    text = (DEPLOY.parent / "docs" / "kubernetes.md").read_text()
    found = [block for block in re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S) if having in block]
    assert len(found) == 1, having
    return str(found[0])


def test_the_folder_of_the_guide_installs_a_portal(kube: KubeServer, tmp_path: Path) -> None:
    (tmp_path / "kubernetes").symlink_to(DEPLOY / "kubernetes")
    (tmp_path / "with-databases").symlink_to(DEPLOY / "with-databases")
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "kustomization.yaml").write_text(guide("yaml", "behavior: merge"))
    made = kustomized(kube, str(tmp_path / "ours"))
    settings = next(m for m in made if m["kind"] == "ConfigMap")["data"]
    host = urlsplit(settings["HUBPORTAL_URL"]).hostname
    assert settings["HUBPORTAL_BEHIND_PROXY"] == "true"
    ingress = next(m for m in made if m["kind"] == "Ingress")
    assert [rule["host"] for rule in ingress["spec"]["rules"]] == [host]
    images = {pod["spec"]["containers"][0]["image"] for name, pod in pods(made).items() if name in ("web", "beat")}
    assert len(images) == 1
    assert not images & {"hubportal:0.1.0", "hubportal:latest"}


def test_the_keys_of_the_guide_are_valid(tmp_path: Path) -> None:
    """The commands of the guide make a portal.env that the portal's own checks accept, in production."""
    script = f"cd {tmp_path}\n{guide('console', 'portal.env')}".split("kubectl")[0]
    subprocess.run(["sh", "-eu", "-c", script], check=True, capture_output=True, timeout=60)
    given = dict(line.split("=", 1) for line in (tmp_path / "portal.env").read_text().splitlines())
    settings = {"HUBPORTAL_PRODUCTION": "true", "HUBPORTAL_URL": "https://portal.example.org",
                "GITHUB_CLIENT_ID": "x", "GITHUB_CLIENT_SECRET": "y"}  # fmt: skip
    env = {"PATH": os.environ["PATH"], "HUBPORTAL_VAR": str(tmp_path), **settings, **given}
    done = subprocess.run([sys.executable, "manage.py", "check", "--deploy"], cwd=DEPLOY.parent, env=env,
                          capture_output=True, text=True, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(given) >= {"DATABASE_URL", "REDIS_URL", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}


# --- access for a portal outside the cluster --------------------------------------------------------------------------
def way_in(kube: KubeServer, *args: str) -> str:
    """Return what kubeconfig.sh prints."""
    script, path = DEPLOY / "kubernetes" / "kubeconfig.sh", f"{find().folder}{os.pathsep}{os.environ['PATH']}"
    environ = {**kube.environ(), "PATH": path}
    done = subprocess.run(["sh", script, *args], env=environ, capture_output=True, text=True, timeout=90)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_printed_kubeconfig_is_the_portals_and_a_new_token_ends_the_old(kube: KubeServer) -> None:
    first = yaml.safe_dump(kubeconfig.read(way_in(kube)))  # as the page of the cluster reads it
    assert connect(first, 5.0).list(NAMESPACE)
    second = yaml.safe_dump(kubeconfig.read(way_in(kube, "--end-others")))
    assert connect(second, 5.0).list(NAMESPACE)

    def refused() -> bool:
        try:
            connect(first, 5.0).list(NAMESPACE)
        except Transient as fault:
            return fault.reason == "CredentialsRefused"
        return False

    until(refused, 30, "the old token is refused")
    kube.call("DELETE", "/api/v1/namespaces/hubportal/secrets?labelSelector=app.kubernetes.io/component=token")

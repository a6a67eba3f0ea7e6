"""A real Kubernetes API server on this machine: etcd, kube-apiserver, kube-controller-manager on free loopback ports.

No kubelet runs, so no pods do: tests that need a pod's status write it as a kubelet would (kubelet.py).
"""

import base64
import io
import json
import os
import secrets
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from email.message import Message
from pathlib import Path
from typing import Any, Self

import urllib3
import yaml

from portal.machine.children import die_with_parent

from .binaries import Binaries

STARTING = 60.0  # seconds, on a busy machine; an idle one takes three
SERVICES = "10.96.0.0/16"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# Memory is plenty and processors are few, so garbage is rarely collected.
LAVISH = {"GOGC": "400"}


class KubeServer:
    """Start with `start()`, end with `stop()`. `stop_api` and `start_api` restart only the API server, with the same
    data, port and certificates."""

    def __init__(self, folder: Path, binaries: Binaries) -> None:
        self.folder, self.binaries = folder, binaries
        self.port, self.etcd_port = free_port(), free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.admin_token = secrets.token_hex(16)
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._pool: urllib3.PoolManager | None = None

    # --- life ---------------------------------------------------------------------------------------------------------
    def start(self) -> Self:
        self._keys()
        etcd = f"http://127.0.0.1:{self.etcd_port}"
        self._run(
            "etcd",
            "--unsafe-no-fsync",
            "--log-level=error",
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={etcd}",
            f"--advertise-client-urls={etcd}",
            "--listen-peer-urls=http://127.0.0.1:0",
        )
        self.start_api()
        return self

    def start_api(self) -> None:
        key = self.folder / "sa.key"
        self._run(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
            f"--cert-dir={self.folder}",
            f"--secure-port={self.port}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=RBAC,Node",
            f"--service-cluster-ip-range={SERVICES}",
            "--allow-privileged=true",
            f"--audit-policy-file={self.folder / 'audit-policy.yaml'}",
            f"--audit-log-path={self.audit_log}",
        )
        self._until_ready()
        self._start_controllers()

    def _start_controllers(self) -> None:
        """Start controllers with every API server: after losing one, they retry only after up to half a minute."""
        if "kube-controller-manager" in self.running:
            self._end("kube-controller-manager")
        kubeconfig = self.folder / "controller-manager.kubeconfig"
        kubeconfig.write_text(yaml.safe_dump(self.kubeconfig(self.admin_token)))
        self._run(
            "kube-controller-manager",
            f"--kubeconfig={kubeconfig}",
            "--leader-elect=false",
            "--secure-port=0",
            f"--service-account-private-key-file={self.folder / 'sa.key'}",
            f"--root-ca-file={self.folder / 'apiserver.crt'}",
            "--concurrent-namespace-syncs=20",  # many hubs are retired at once
            "--controllers=*,-persistentvolume-binder-controller",  # kubelet.py binds claims, and it would unbind them
            "--kube-api-qps=1000",  # the default is 20 per second: many hubs are created at once
            "--kube-api-burst=2000",
        )

    def stop_api(self) -> None:
        self._end("kube-apiserver")

    def stop(self) -> None:
        for name in list(self.running):
            self._end(name)
        if self._pool:
            self._pool.clear()

    def _run(self, name: str, *args: str) -> None:
        with open(self.folder / f"{name}.log", "ab") as log:
            self.running[name] = subprocess.Popen(
                [self.binaries.path(name), *args],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent(), cwd=self.folder,
                env={**os.environ, **LAVISH},
            )  # fmt: skip

    def _end(self, name: str) -> None:
        """Kill the process: its state is not needed any more, and a graceful end takes ten seconds."""
        process = self.running.pop(name)
        process.kill()
        process.wait()

    def _keys(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["openssl", "genrsa", "-out", self.folder / "sa.key", "2048"], check=True, capture_output=True)
        line = f'{self.admin_token},admin,admin,"system:masters"\n'
        (self.folder / "tokens.csv").write_text(line)
        accounts = {"level": "Metadata", "userGroups": ["system:serviceaccounts"], "omitStages": ["RequestReceived"]}
        audit = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [accounts, {"level": "None"}]}
        (self.folder / "audit-policy.yaml").write_text(yaml.safe_dump(audit))

    def _until_ready(self) -> None:
        deadline = time.monotonic() + STARTING
        context = ssl._create_unverified_context()
        while True:
            if self.running["kube-apiserver"].poll() is not None:
                raise RuntimeError(f"kube-apiserver ended:\n{self.log('kube-apiserver')}")
            try:
                asked = urllib.request.Request(
                    f"{self.url}/readyz", headers={"Authorization": f"Bearer {self.admin_token}"}
                )
                with urllib.request.urlopen(asked, timeout=2, context=context) as answer:
                    if answer.status == 200:
                        return
            except (OSError, urllib.error.URLError):
                pass
            if time.monotonic() > deadline:
                raise RuntimeError(f"kube-apiserver is not ready:\n{self.log('kube-apiserver')}")
            time.sleep(0.05)

    def log(self, name: str, lines: int = 30) -> str:
        path = self.folder / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    # --- access -------------------------------------------------------------------------------------------------------
    @property
    def audit_log(self) -> Path:
        """Return the path of the audit log: JSON lines, one for every request of a service account."""
        return self.folder / "audit.log"

    @property
    def ca_pem(self) -> str:
        """Return the server's certificate, which is self-signed (--cert-dir) and thus its own authority."""
        return (self.folder / "apiserver.crt").read_text()

    def kubeconfig(self, token: str, server: str = "") -> dict[str, Any]:
        """Return a kubeconfig without file paths."""
        cluster: dict[str, Any] = {"server": server or self.url}
        if cluster["server"].startswith("https://"):
            cluster["certificate-authority-data"] = base64.b64encode(self.ca_pem.encode()).decode()
        return {
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": cluster}],
            "users": [{"name": "test", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }  # fmt: skip

    def admin_kubeconfig(self) -> dict[str, Any]:
        return self.kubeconfig(self.admin_token)

    def call(self, method: str, path: str, body: Any = None, content_type: str = "application/json") -> Any:
        """Make a call as the cluster's admin, outside the portal. Raise URLError, or HTTPError with the answer."""
        if self._pool is None:  # kept open: a handshake costs more than a call
            self._pool = urllib3.PoolManager(ca_cert_data=self.ca_pem, maxsize=8, retries=urllib3.Retry(2, status=0))
        headers = {"Authorization": f"Bearer {self.admin_token}", "Content-Type": content_type}
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.url}{path}"
        try:
            answer = self._pool.request(method, url, body=data, headers=headers, timeout=30)
        except urllib3.exceptions.HTTPError as error:
            raise urllib.error.URLError(str(error)) from error
        if answer.status >= 400:
            raise urllib.error.HTTPError(url, answer.status, answer.data.decode(), Message(), io.BytesIO(answer.data))
        return json.loads(answer.data or b"{}")

    def token_for(self, namespace: str, account: str, seconds: int = 3600) -> str:
        """Return a real token of a ServiceAccount (TokenRequest)."""
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        body = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": seconds},
        }
        return str(self.call("POST", path, body)["status"]["token"])

    def environ(self) -> Mapping[str, str]:
        """Return the environment for kubectl."""
        path = self.folder / "admin.kubeconfig"
        path.write_text(yaml.safe_dump(self.admin_kubeconfig()))
        return {**os.environ, "KUBECONFIG": str(path)}

"""A hub as in its pod, run on this machine: the same files, the same command, and the token of its ServiceAccount.

The release provides what its pod would have: ConfigMap and Secret as folders, addresses as environment variables.
Its namespace is real, with everything that the portal renders, so Kubernetes' admission applies.
"""

import base64
import contextlib
import json
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import psutil
import yaml

from provisioning.contract import Release, Target
from provisioning.names import namespace
from provisioning.render import PortalSignIn, hub_values, render_kubernetes
from provisioning.runtimes.kubernetes.client import Api, connect
from tests.nursery import Forked
from tests.runtimes.shapes import AGREED, PLAIN
from tests.runtimes.worlds import NOWHERE, SECRET_NAMES, free_port, hub_spec, until

from .server import KubeServer

BIN = Path(sys.executable).parent
Edit = Callable[[dict[str, Any]], None]


class HubProcess:
    """`with` starts and ends it. `edit` changes values.json before the hub reads it."""

    def __init__(self, kube: KubeServer, folder: Path, *, facts: Any = PLAIN, sign_in: PortalSignIn = NOWHERE,
                 agreed: Any = AGREED, typed: Mapping[str, str] = MappingProxyType({}),
                 edit: Edit = lambda values: None, code: str = "", ip: str = "127.0.0.1",
                 **changes: Any) -> None:  # fmt: skip
        self.kube, self.folder, self.edit, self.ip = kube, folder, edit, ip
        self.ports = {name: free_port() for name in ("public", "api", "hub")}
        self.target = Target(f"h{secrets.token_hex(5)}", "tried", f"http://127.0.0.1:{self.ports['public']}/")
        self.namespace = namespace(self.target.slug, self.target.uid)
        self.secrets = {name: secrets.token_hex(32) for name in SECRET_NAMES} | dict(typed)
        self.spec = hub_spec(**changes)
        self.values = hub_values(self.target, self.spec, sign_in)
        self.release: Release = render_kubernetes(
            self.target, self.spec, self.secrets, sign_in, "running", facts, agreed, code=code
        )
        self.api_client: Api = connect(json.dumps(kube.admin_kubeconfig()), 10)
        self.running: list[Forked] = []

    # --- life ---------------------------------------------------------------------------------------------------------
    def make_room(self) -> None:
        """Apply everything except Deployments: what the hub's pod would find."""
        for part in self.release.parts:
            for manifest in part.payload.values():
                if manifest["kind"] != "Deployment":
                    self.api_client.apply(manifest)

    def write_files(self) -> None:
        """Write the volumes of the hub's pod."""
        objects = {key: manifest for part in self.release.parts for key, manifest in part.payload.items()}
        pod = objects["Deployment/hub"]["spec"]["template"]["spec"]
        [config] = [volume["configMap"] for volume in pod["volumes"] if volume["name"] == "config"]
        texts = dict(objects["ConfigMap/hub"]["data"])
        values = json.loads(texts["values.json"])
        self.edit(values)
        texts["values.json"] = json.dumps(values)
        for item in config["items"]:
            path = self.folder / "config" / item["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[item["key"]])
        for name in ("secret", "state"):
            (self.folder / name).mkdir(exist_ok=True)
        for name, value in objects["Secret/hub"]["data"].items():
            (self.folder / "secret" / name).write_bytes(base64.b64decode(value))
        token = self.kube.token_for(self.namespace, "hub")
        (self.folder / "kubeconfig").write_text(yaml.safe_dump(self.kube.kubeconfig(token)))

    def environ(self) -> dict[str, str]:
        return {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "POD_NAMESPACE": self.namespace,
            "CONFIGPROXY_AUTH_TOKEN": self.secrets["proxy_auth_token"],
            "HUBPORTAL_REVISION": self.release.revision,
            "HUBPORTAL_CONFIG": str(self.folder / "config"),
            "HUBPORTAL_SECRETS": str(self.folder / "secret"),
            "HUBPORTAL_STATE": str(self.folder / "state"),
            "HUBPORTAL_HUB_PORT": str(self.ports["hub"]),
            "HUBPORTAL_HUB_URL": f"http://127.0.0.1:{self.ports['hub']}",
            "HUBPORTAL_PROXY_API": f"http://127.0.0.1:{self.ports['api']}",
        }

    def start(self, name: str, *args: str) -> Forked:
        process = Forked([name, *args], self.environ(), self.folder / "state", self.folder / f"{name}.log")
        self.running.append(process)
        return process

    def start_hub(self) -> Forked:
        return self.start("jupyterhub", "--config", str(self.folder / "config/jupyterhub_config.py"), "--upgrade-db")

    def __enter__(self) -> "HubProcess":
        self.make_room()
        self.write_files()
        try:
            self.start(
                "configurable-http-proxy", f"--ip={self.ip}", f"--port={self.ports['public']}", "--api-ip=127.0.0.1",
                f"--api-port={self.ports['api']}", f"--default-target=http://127.0.0.1:{self.ports['hub']}",
            )  # fmt: skip
            hub = self.start_hub()
            until(lambda: hub.poll() is not None or self.revision() == self.release.revision, 180, "the hub answers")
            assert hub.poll() is None, self.log()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        alive = [process for process in self.running if process.poll() is None]
        services = [one for process in alive for one in psutil.Process(process.pid).children(recursive=True)]
        for process in reversed(self.running):
            process.terminate()
        for process in self.running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for service in services:  # the idle culler: in a cluster it would end with the hub's pod
            with contextlib.suppress(psutil.NoSuchProcess):
                service.kill()
        psutil.wait_procs(services, timeout=10)
        self.kube.call("DELETE", f"/api/v1/namespaces/{self.namespace}")

    def log(self) -> str:
        return (self.folder / "jupyterhub.log").read_text()

    # --- queries ------------------------------------------------------------------------------------------------------
    def revision(self) -> str:
        """Return the revision that the running hub reports; "" when it does not answer."""
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(f"{self.target.url}hub/health", trust_env=False, timeout=2)
            return answer.headers.get("X-Hub-Revision", "") if answer.status_code == 200 else ""
        return ""

    def ask(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """Call the hub's API with the portal's token."""
        headers = {"Authorization": f"token {self.secrets['portal_service_token']}"}
        url = f"{self.target.url}hub/api/{path}"
        return httpx.request(method, url, headers=headers, trust_env=False, timeout=20, **kwargs)

    def spawn(self, user: str, **options: Any) -> dict[str, Any]:
        """Return the pod of this person's server, as KubeSpawner created it and Kubernetes stored it."""
        self.ask("POST", f"users/{user}")
        before = {pod["metadata"]["uid"] for pod in self.pods()}
        asked = self.ask("POST", f"users/{user}/server", json=options)
        assert asked.status_code == 202, f"{asked.status_code} {asked.text}\n{self.log()}"
        return self.new_pod(before)

    def new_pod(self, before: set[str]) -> dict[str, Any]:
        def look() -> list[dict[str, Any]]:
            assert "Unhandled error starting" not in self.log(), self.log()[-4000:]
            return [pod for pod in self.pods() if pod["metadata"]["uid"] not in before]

        return dict(until(look, 60, "KubeSpawner made a pod")[0])

    def pods(self) -> list[dict[str, Any]]:
        return self.objects("pods", "?labelSelector=component%3Dsingleuser-server")

    def objects(self, plural: str, query: str = "") -> list[dict[str, Any]]:
        return list(self.kube.call("GET", f"/api/v1/namespaces/{self.namespace}/{plural}{query}")["items"])

    def progress(self, user: str, server: str = "") -> Iterator[dict[str, Any]]:
        """Yield what the page of a starting server receives, until it is ready or has failed."""
        headers = {"Authorization": f"token {self.secrets['portal_service_token']}"}
        where = f"servers/{server}" if server else "server"
        url = f"{self.target.url}hub/api/users/{user}/{where}/progress"
        with httpx.stream("GET", url, headers=headers, trust_env=False, timeout=30) as answer:
            for line in answer.iter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

"""A hub as its operator keeps it in git, imported and started on a real cluster: its institutions are loaded, and a
person's server starts with the settings of its files: a profile, map-shaped volumes, a shared folder and an init
container. CILogon can't be used here, so the portal's own service starts the server.
"""

import json
from typing import Any

import pytest

from hubs.models import Hub, HubSecret, Organization, User
from hubs.requests.services import decisions, requests
from hubs.requests.services.imports import begin_import
from hubs.spec.imports import from_files
from hubs.spec.kept import File
from provisioning import names
from provisioning.runtimes.kubernetes.hub_api import TOKEN_HEADER
from tests.cluster.conftest import IMAGES
from tests.cluster.kube import Kube
from tests.cluster.people import STARTING, is_ready
from tests.cluster.portal import ClusterPortal
from tests.stack.portal import until

pytestmark = pytest.mark.cluster
COMMON = f"""\
basehub:
  jupyterhub:
    hub:
      config:
        JupyterHub: {{authenticator_class: cilogon}}
        CILogonOAuthenticator:
          client_id: cilogon:/client_id/1
          client_secret: of-the-file
          allowed_idps:
            urn:mace:incommon:river.example.edu:
              default: true
              username_derivation: {{username_claim: eppn}}
              allow_all: true
            http://google.com/accounts/o8/id:
              username_derivation: {{username_claim: email}}
              allowed_domains: &staff [hubs.example.org]
        # a heading with nothing below it yet
        KubeSpawner:
    singleuser:
      storage:
        extraVolumes:
          20-shm: {{name: shm, emptyDir: {{medium: Memory, sizeLimit: 64Mi}}}}
          10-gone: {{name: gone, emptyDir: {{}}}}
        extraVolumeMounts:
          20-shm: {{name: shm, mountPath: /dev/shm}}
          10-shared: {{name: home, mountPath: /home/jovyan/shared, subPath: _shared}}
      initContainers:
        - name: first
          image: {IMAGES["singleuser"]}
          command: [sh, -c, "echo ready > /home/jovyan/shared/ready"]
          volumeMounts: [{{name: home, mountPath: /home/jovyan/shared, subPath: _shared}}]
          resources: {{limits: {{memory: 64Mi}}}}
      profileList:
        - display_name: Choose
          slug: choose
          default: true
          profile_options:
            image:
              display_name: Environment
              choices:
                01-python:
                  display_name: Python
                  description: Everything that the course needs
                  default: true
                  kubespawner_override: {{image: "{IMAGES["singleuser"]}", default_url: /lab}}
            size:
              display_name: Memory
              choices:
                small:
                  display_name: Small
                  default: true
                  kubespawner_override: {{mem_guarantee: 134217728, mem_limit: 536870912, environment: {{SIZE: small}}}}
    scheduling: {{userScheduler: {{enabled: false}}, userPlaceholder: {{enabled: true, replicas: 2}}}}
    ingress: {{hosts: [river.hubs.example.org]}}
"""
PROD = """\
basehub:
  jupyterhub:
    singleuser:
      storage:
        extraVolumes: {10-gone: null}
    hub:
      resources: {requests: {cpu: 20m, memory: 200Mi}, limits: {memory: 1Gi}}
      annotations: {prometheus.io/scrape: "false"}
"""


def asked(kube: Kube, hub: Hub, method: str, below: str) -> tuple[int, Any]:
    """Return the hub's answer to the portal's service, through the API server."""
    token = HubSecret.objects.get(hub=hub, name="portal_service_token").value
    path = f"/api/v1/namespaces/{names.namespace(hub.slug, hub.uid)}/services/proxy-public:80/proxy/hub/api/{below}"
    status, body, _ = kube.api.ask(method, path, headers={TOKEN_HEADER: token})
    return status, json.loads(body) if body else None


@pytest.fixture(scope="module")
def hub(portal: ClusterPortal, kube: Kube) -> Hub:
    found = from_files([File("common.yaml", COMMON), File("prod.yaml", PROD)], "Brought along")
    assert found.problems == ()
    by, stan = User.objects.get(username="ines"), User.objects.get(username="stan")
    request = begin_import(organization=Organization.objects.get(slug="river"), by=by, found=found)
    values = {"about.heads": "10", "singleuser.storage.capacity": "1", "singleuser.memory.limit": "0.5",
              "singleuser.memory.guarantee": "0.125"}  # fmt: skip
    requests.submit(
        request=requests.save(request=request, by=by, values=values, slug="brought", reason="Our hub of git."), by=by
    )
    request.refresh_from_db()
    if request.state != "approved":  # staff review its folders and its container
        decisions.approve(request=request, by=stan, seen=request.content_hash)
    made = Hub.objects.select_related("cluster").get(slug="brought")
    until(lambda: is_ready(made), f"the hub is ready; {portal.log('worker')}", STARTING)
    return made


def test_a_hub_from_git_starts_spawns_and_mounts(hub: Hub, kube: Kube):
    namespace = names.namespace(hub.slug, hub.uid)
    own = kube.pods(namespace, "hub")[0]
    assert own["spec"]["containers"][0]["resources"]["limits"]["memory"] == "1Gi"
    assert own["metadata"]["annotations"]["prometheus.io/scrape"] == "false"
    assert asked(kube, hub, "POST", "users/mia")[0] == 201
    assert asked(kube, hub, "POST", "users/mia/server")[0] in (201, 202)

    def ready() -> bool:
        return bool(asked(kube, hub, "GET", "users/mia")[1].get("servers", {}).get("", {}).get("ready"))

    until(ready, f"the server of mia runs; {kube.log(namespace, 'hub')}", STARTING)
    pod = kube.pods(namespace, "singleuser-server")[0]
    [notebook] = [box for box in pod["spec"]["containers"] if box["name"] == "notebook"]
    mounts = {one["mountPath"]: one.get("subPath") for one in notebook["volumeMounts"]}
    assert mounts["/home/jovyan/shared"] == "_shared"
    assert mounts["/dev/shm"] is None
    assert "gone" not in {one["name"] for one in pod["spec"]["volumes"]}, "the later file removes it"
    assert notebook["resources"]["limits"]["memory"] == str(512 * 1024**2), "from the default profile"
    assert {"name": "SIZE", "value": "small"} in notebook["env"]
    said = kube.run(namespace, pod["metadata"]["name"], "cat", "/home/jovyan/shared/ready", container="notebook")
    assert said.strip() == "ready", "the init container wrote to the shared folder"

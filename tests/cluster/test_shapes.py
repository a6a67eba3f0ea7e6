"""Odd shapes on a real cluster: more configuration with nulls at every level, and with the chart's newer maps instead
of lists. The hub and a person's server start, with all requested settings."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cluster.conftest import IMAGES
from tests.cluster.kube import Kube
from tests.cluster.people import Working, all_at_work, have_hub
from tests.cluster.portal import ClusterPortal

pytestmark = pytest.mark.cluster
MORE = f"""\
hub:
  config:
  services:
  loadRoles:
  templateVars:
  templatePaths:
singleuser:
  extraLabels:
  networkPolicy:
  lifecycleHooks:
  memory:
  cpu: {{limit: }}
  startTimeout:
  extraEnv:
    - {{name: COURSE, value: 101}}
  storage:
    dynamic:
    capacity:
    extraVolumes:
      20-data: {{name: data, emptyDir: {{}}}}
      10-scratch: {{name: scratch, emptyDir: {{sizeLimit: 64Mi}}}}
      30-gone:
    extraVolumeMounts:
      b: {{name: data, mountPath: /srv/data}}
      a: {{name: scratch, mountPath: /srv/scratch}}
      c:
  initContainers:
    later:
    first:
      name: first
      image: {IMAGES["singleuser"]}
      command: [sh, -c, "echo ready > /srv/data/ready"]
      volumeMounts: [{{name: data, mountPath: /srv/data}}]
      resources: {{limits: {{memory: 64Mi}}}}
cull:
  timeout:
  adminUsers:
proxy:
"""


@pytest.fixture(scope="module")
def working(portal: ClusterPortal, kube: Kube, chromium: Any) -> Iterator[Working]:
    with all_at_work(chromium, portal, kube, {"ines": have_hub("river", "ines", "odd-shapes", more=MORE)}) as [one]:
        yield one


def test_a_hub_with_map_shaped_volumes_and_null_keys_starts_spawns_and_mounts(working: Working, kube: Kube):
    pod = kube.pods(working.namespace, "singleuser-server")[0]
    [notebook] = [box for box in pod["spec"]["containers"] if box["name"] == "notebook"]
    mounts = [one["mountPath"] for one in notebook["volumeMounts"] if one["mountPath"].startswith("/srv/")]
    assert mounts == ["/srv/scratch", "/srv/data"], "by key"
    assert [box["name"] for box in pod["spec"]["initContainers"]] == ["first"], "null entries do not exist"
    assert {"name": "COURSE", "value": "101"} in notebook["env"]
    said = kube.run(working.namespace, pod["metadata"]["name"], "cat", "/srv/data/ready", container="notebook")
    assert said.strip() == "ready", "the volume that the init container wrote to is mounted"

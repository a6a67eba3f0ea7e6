"""User limits in a cluster: the portal's last answer reaches the pod that KubeSpawner creates, whatever the person
chose, and the namespace accepts it. Nothing listens at the portal's address here; test_user_limits.py of tests/stack
uses a real portal."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from tests.runtimes.shapes import AGREED

from .hub_process import HubProcess
from .server import KubeServer
from .test_hub_configuration import PROFILES, by_password, container_of

pytestmark = pytest.mark.kubernetes
GIB = 1024**3
MIA = {
    "memory_mib": [[6144, "2020-01-01T00:00:00+00:00"], [5120, None]],  # the first has ended
    "cpu": [[3, None]],
    "gpus": [[2, None]],
    "storage_mib": [[12288, None]],
}
ZOE = {"memory_mib": [[128, None]], "gpus": [[0, None]], "cpu": [["many", None]]}


def edit(values: dict[str, Any]) -> None:
    by_password(values)
    values["singleuser"]["profileList"] = PROFILES
    values["singleuser"]["extraResource"] = {"limits": {"nvidia.com/gpu": "1"}, "guarantees": {"nvidia.com/gpu": "1"}}


def test_the_last_answer_reaches_the_pod(kube: KubeServer, tmp_path: Path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "user-limits.json").write_text(json.dumps({"mia": MIA, "zoe": ZOE}))
    bounds: dict[str, Any] = {"largest_memory_mib": 6144, "largest_cpu": 4, "largest_storage_mib": 12288}
    with HubProcess(kube, tmp_path, edit=edit, agreed=dataclasses.replace(AGREED, **bounds)) as hub:
        resources = container_of(hub.spawn("mia", profile="large"))["resources"]
        assert resources["limits"] == {"cpu": "3", "memory": str(5 * GIB), "nvidia.com/gpu": "2"}
        assert resources["requests"] == {"cpu": "50m", "memory": str(GIB // 4), "nvidia.com/gpu": "2"}

        resources = container_of(hub.spawn("zoe", profile="large"))["resources"]
        assert resources["limits"] == {"cpu": "2", "memory": str(GIB // 8)}
        assert resources["requests"] == {"cpu": "50m", "memory": str(GIB // 8)}, "never above the limit"

        resources = container_of(hub.spawn("ada", profile="large"))["resources"]
        assert resources["limits"] == {"cpu": "2", "memory": str(2 * GIB), "nvidia.com/gpu": "1"}, "nobody else"

        claims = {
            c["metadata"]["name"]: c["spec"]["resources"]["requests"] for c in hub.objects("persistentvolumeclaims")
        }
        sizes = {name: size["storage"] for name, size in claims.items()}
        assert sizes == {"hub-db-dir": "1Gi", "claim-mia": "12Gi", "claim-zoe": "5Gi", "claim-ada": "5Gi"}

"""A separate process that checks a fleet and lists the same kinds without the portal's code, in turns.

`python -m bench.kubernetes.look CLUSTER ROUNDS` prints JSON: seconds and bytes of each, resident bytes before and at
the peak of the checks. Started by bench.kubernetes.fleet, with the environment of its portal.
"""

import json
import re
import sys
import time
from pathlib import Path
from typing import Any

STATUS, PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def resident(field: str) -> int:
    """Return bytes: "VmRSS" now, "VmHWM" the peak since `PEAK` was written."""
    found = re.search(rf"{field}:\s+(\d+) kB", STATUS.read_text())
    assert found
    return int(found[1]) * 1024


def plain(client: Any) -> int:
    """List all kinds with the official client's connections, parsing each page as JSON. Return the bytes."""
    from provisioning.runtimes.kubernetes.client import METADATA_LIST, PAGE
    from provisioning.runtimes.kubernetes.kinds import FLEET

    host, size = client.configuration.host, 0
    headers = {"Accept": METADATA_LIST}
    client.update_params_for_auth(headers, [], ["BearerToken"], "", "GET", None)
    for kind in FLEET:
        query = {"limit": PAGE, "labelSelector": kind.selector}
        while True:
            answer = client.rest_client.pool_manager.request("GET", host + kind.path(), fields=query, headers=headers)
            if answer.status == 404:  # no Gateway API here
                break
            size += len(answer.data)
            query["continue"] = json.loads(answer.data)["metadata"].get("continue")
            if not query["continue"]:
                break
    return size


def main() -> None:
    import django

    django.setup()
    import yaml
    from kubernetes import config

    from hubs.models import Cluster
    from provisioning import fleet

    cluster = Cluster.objects.get(pk=int(sys.argv[1]))
    client = config.new_client_from_config_dict(yaml.safe_load(cluster.kubeconfig))
    before, highest, checks, lists, size = resident("VmRSS"), 0, [], [], 0
    for _ in range(int(sys.argv[2])):
        PEAK.write_text("5")
        begin = time.perf_counter()
        woken = fleet.check(cluster)
        checks.append(time.perf_counter() - begin)
        highest = max(highest, resident("VmHWM"))
        if woken:
            raise RuntimeError(f"{woken} hubs were woken, but nothing had changed")
        begin = time.perf_counter()
        size = plain(client)
        lists.append(time.perf_counter() - begin)
    print(json.dumps({"checks": checks, "lists": lists, "bytes": size, "before": before, "highest": highest}))


if __name__ == "__main__":
    main()

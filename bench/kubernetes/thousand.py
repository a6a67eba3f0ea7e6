"""A thousand hubs as after a year: rows, and in the cluster every object that the portal would have applied, with
running pods. They are created in parallel and without the portal's loop, which is not what is measured."""

import copy
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from bench.kubernetes.create import manifests
from bench.kubernetes.hubs_of_nobody import MERGE, running
from bench.kubernetes.place import Place

HANDS = 8


def make(at: Place, count: int, lively: int) -> list[Any]:
    """Create and return hubs. The first `lively` ones are exactly as the portal and a kubelet leave them; for the
    others, objects are created instead of applied and pods have no status, which is not read and takes half the time.

    The controllers must have ended: they would need a quarter of an hour for the pods.
    """
    from provisioning.runtimes.kubernetes import rows
    from provisioning.runtimes.kubernetes.fleet import Fleet

    hubs = _rows(at, count)
    wanted = [(manifests(hub), number < lively) for number, hub in enumerate(hubs)]
    with ThreadPoolExecutor(HANDS) as hands:
        for _ in hands.map(lambda one: _stand(at, *one), wanted):
            pass
    fleet = Fleet()
    fleet.read(at.api)
    for hub in hubs:
        hub.fingerprint = fleet.fingerprint(hub.uid)
        hub.url = rows.target(hub).url
    type(hubs[0]).objects.bulk_update(hubs, ["fingerprint", "url"], batch_size=200)
    return hubs


def _rows(at: Place, count: int) -> list[Any]:
    from django.utils import timezone

    from hubs.models import Hub, HubRevision, Organization, User
    from hubs.spec import HubSpec

    river, ines = Organization.objects.get(slug="river"), User.objects.get(username="ines")
    now, later = timezone.now(), timezone.now() + timedelta(days=1)
    hubs = Hub.objects.bulk_create(
        Hub(organization=river, cluster=at.cluster, slug=f"hub-{number}", title=f"Class {number:04}", created_by=ines,
            seats=30, memory_mib=30 * 1024, status="ready", observed_generation=1, observed_at=now, servers=[],
            reconcile_after=later)
        for number in range(count)
    )  # fmt: skip
    spec = HubSpec.model_validate({"about": {"title": "Class"}}).model_dump(mode="json")
    revisions = HubRevision.objects.bulk_create(HubRevision(hub=h, number=1, data=spec, author=ines) for h in hubs)
    for hub, revision in zip(hubs, revisions, strict=True):
        hub.revision = revision
    Hub.objects.bulk_update(hubs, ["revision"], batch_size=200)
    return hubs


def _stand(at: Place, sent: list[Mapping[str, Any]], lively: bool) -> None:
    """Create one hub's objects and pods. The quota is last, because no controller computes its usage here."""
    from provisioning.runtimes.kubernetes.kinds import KINDS

    quota = [one for one in sent if one["kind"] == "ResourceQuota"]
    for manifest in [one for one in sent if one["kind"] != "ResourceQuota"] + quota:
        if manifest in quota:
            for deployment in [one for one in sent if one["kind"] == "Deployment"]:
                _pod(at, deployment, lively)
        if lively:
            at.admin.apply(manifest)
        else:
            path = KINDS[manifest["kind"]].path(manifest["metadata"].get("namespace", ""))
            at.admin.request("POST", path, {"fieldManager": "hubportal"}, manifest)


def _pod(at: Place, deployment: Mapping[str, Any], lively: bool) -> None:
    """Create the pod of a Deployment, as controllers and a kubelet would."""
    meta, template = deployment["metadata"], copy.deepcopy(deployment["spec"]["template"])
    where, name = f"/namespaces/{meta['namespace']}", meta["name"]
    pod = {"apiVersion": "v1", "kind": "Pod", **template}
    pod["metadata"] |= {"name": f"{name}-0", "namespace": meta["namespace"]}
    pod["spec"]["serviceAccountName"] = "hub"
    at.admin.request("POST", f"/api/v1{where}/pods", body=pod)
    if not lively:
        return
    done = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1, "availableReplicas": 1}
    for path, status in (
        (f"/api/v1{where}/pods/{name}-0/status", running()),
        (f"/apis/apps/v1{where}/deployments/{name}/status", done),
    ):
        at.admin.request("PATCH", path, body={"status": status}, content_type=MERGE)


def timed(what: Any) -> tuple[float, Any]:
    """Return (seconds, result)."""
    begin = time.perf_counter()
    result = what()
    return time.perf_counter() - begin, result

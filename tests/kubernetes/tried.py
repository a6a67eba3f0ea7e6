"""Configurations for the admission tests: the places of a setting, and sizes around the edge of a quota."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hubs.spec import HubSpec
from hubs.spec.draft import parse
from provisioning.render.kubernetes.files import OWN_MEMORY_MIB
from tests.runtimes.shapes import AGREED

Tree = dict[str, Any]
GOOD = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@dataclass(frozen=True)
class Tried:
    """One configuration, and what a person chose in it."""

    name: str
    data: Tree
    options: Tree = field(default_factory=dict)

    @property
    def spec(self) -> HubSpec:
        return parse({"about": {"title": "Tried"}, **self.data})


# --- places of a setting ----------------------------------------------------------------------------------------------
def user(**more: Any) -> Tree:
    return {"more": {"singleuser": more}}


def trait(**traits: Any) -> Tree:
    return {"more": {"hub": {"config": {"KubeSpawner": traits}}}}


def profile(**override: Any) -> Tree:
    return {"singleuser": {"profileList": [
        {"display_name": "One", "slug": "one", "kubespawner_override": override}]}}  # fmt: skip


def choice(**override: Any) -> Tree:
    choices = {"usual": {"display_name": "Usual", "default": True},
               "other": {"display_name": "Other", "kubespawner_override": override}}  # fmt: skip
    options = {"kind": {"display_name": "Kind", "choices": choices}}
    return {"singleuser": {"profileList": [{"display_name": "One", "slug": "one", "profile_options": options}]}}


def box(**more: Any) -> Tree:
    return {"name": "more", "image": "quay.io/example/more:1", **more}


# --- a quota ----------------------------------------------------------------------------------------------------------
GIB, TOGETHER = 1024, AGREED.total_memory_mib  # MiB


def quotas() -> Iterator[Tried]:
    """Yield servers whose containers are small enough each, around the limit for all servers of a hub together."""

    def boxes(total: int, **more: Any) -> list[Tree]:
        sizes = [4 * GIB] * (total // (4 * GIB)) + ([total % (4 * GIB)] if total % (4 * GIB) else [])
        return [{**box(resources={"limits": {"memory": f"{size}Mi"}}, securityContext=GOOD), "name": f"box-{number}",
                 **more} for number, size in enumerate(sizes)]  # fmt: skip

    for beyond in (-GIB, -1, 0, 1, 7, GIB, 40 * GIB):
        rest = TOGETHER - GIB + beyond  # the notebook has a GiB
        places = {
            "a trait": trait(extra_containers=boxes(rest)),
            "the pod": user(extraPodConfig={"containers": boxes(rest + GIB)}),
            "init containers that stay": trait(init_containers=boxes(rest, restartPolicy="Always")),
            "init containers": trait(init_containers=[*boxes(TOGETHER - 4 * GIB, restartPolicy="Always"), {
                **boxes(4 * GIB)[0], "name": "last"}], extra_containers=boxes(3 * GIB + beyond)[:1]),
        }  # fmt: skip
        for place, data in places.items():
            yield Tried(f"{beyond} MiB beyond the quota in {place}", data)
    for size in ("99Gi", "100Gi", "100.5Gi", "200Gi"):
        yield Tried(f"a whole pod of {size}", user(extraPodConfig={"resources": {"limits": {"memory": size}}}))
    yield Tried("no size of its own", trait(extra_containers=[
        {**box(securityContext=GOOD), "name": f"box-{number}"} for number in range(199)]))  # fmt: skip
    for size in ("9Gi", "10Gi", "10241Mi", "500Gi"):
        volume = {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {
            "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}}}}  # fmt: skip
        yield Tried(f"a volume of {size}", user(storage={"extraVolumes": [volume]}))


# Hub, proxy and guests run, too.
OWN: Tree = {"metadata": {"name": "own"}, "spec": {
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [box(resources={"limits": {"memory": f"{OWN_MEMORY_MIB}Mi"}}, securityContext=GOOD)]}}  # fmt: skip


def claims(pod: Tree) -> list[tuple[str, Tree]]:
    """Return the objects that the cluster creates from a pod's own volumes once it exists."""
    made = [(one["name"], one["ephemeral"]["volumeClaimTemplate"]["spec"]) for one in pod["spec"].get("volumes") or []
            if one.get("ephemeral")]  # fmt: skip
    return [("persistentvolumeclaims", {"metadata": {"name": f"own-{name}"}, "spec": spec}) for name, spec in made]

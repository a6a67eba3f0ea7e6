"""Sentences about what a cluster will refuse (hubs.spec.admission) appear exactly when it does: compared with a real
API server, which gets the pods of the real PeopleSpawner, in namespaces of all three Pod Security levels and with the
real LimitRange. Fields that nobody listed are taken from Kubernetes' own models."""

import itertools
import json
import urllib.error
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from kubernetes_asyncio.client import models

from hubs.spec import HubSpec
from hubs.spec.admission import Place, refusals
from hubs.spec.pod_security import LEVELS
from provisioning.contract import FILES, Target
from provisioning.render import hub_values, render_kubernetes
from tests.runtimes.shapes import AGREED, PLAIN, SECRETS, SIGN_IN
from tests.runtimes.worlds import until

from .people_pods import people_pods
from .server import KubeServer
from .tried import GOOD, OWN, Tried, box, choice, claims, profile, quotas, trait, user

pytestmark = pytest.mark.kubernetes
Tree = dict[str, Any]
TARGET = Target("hadmission01", "tried", "https://tried.hubs.example.org/")
NEVER = "No server can start"  # the kubelet's rule, not the API server's


# --- places of a setting ----------------------------------------------------------------------------------------------
OTHER = {"profile": "one", "kind": "other"}
HOME: Tree = {"name": "home", "emptyDir": {}}
Wrap = Callable[[Any], tuple[Tree, Tree]]  # a setting -> (configuration, what a person chose)
POD: dict[str, Wrap] = {  # a setting of the pod
    "extraPodConfig": lambda one: (user(extraPodConfig=one), {}),
    "the trait of it": lambda one: (trait(extra_pod_config=one), {}),
    "a profile": lambda one: (profile(extra_pod_config=one), {}),
    "a choice": lambda one: (choice(extra_pod_config=one), OTHER),
}
POD_CONTEXT: dict[str, Wrap] = {
    "extraPodConfig": lambda one: (user(extraPodConfig={"securityContext": one}), {}),
    "the trait": lambda one: (trait(pod_security_context=one), {}),
    "a profile": lambda one: (profile(pod_security_context=one), {}),
}
CONTEXT: dict[str, Wrap] = {  # a setting of a container
    "the trait": lambda one: (trait(container_security_context=one), {}),
    "a profile": lambda one: (profile(container_security_context=one), {}),
    "a choice": lambda one: (choice(extra_container_config={"securityContext": one}), OTHER),
    "initContainers": lambda one: (user(initContainers=[box(securityContext=one)]), {}),
    "extraContainers": lambda one: (user(extraContainers=[box(securityContext=one)]), {}),
    "init containers of a profile": lambda one: (profile(init_containers=[box(securityContext={**GOOD, **one})]), {}),
}
VOLUME: dict[str, Wrap] = {
    "extraVolumes": lambda one: (user(storage={"extraVolumes": [one]}), {}),
    "extraPodConfig": lambda one: (user(extraPodConfig={"volumes": [HOME, one]}), {}),
    "a profile": lambda one: (profile(volumes=[HOME, one]), {}),
}


# --- unlisted members: every attribute of Kubernetes' models ----------------------------------------------------------
WORDS = ("Unmasked", "Unconfined", "RuntimeDefault", "spc_t")


def examples(kind: str, depth: int = 2) -> Iterator[Any]:
    """Yield values of a type as the models name it."""
    if kind.startswith("list["):
        yield from ([one] for one in examples(kind[5:-1], depth))
    elif kind == "bool":
        yield from (True, False)
    elif kind == "int":
        yield from (0, 1000)
    elif kind == "str":
        yield from WORDS
    elif kind.startswith("dict("):
        yield {}
    elif depth and hasattr(models, kind):
        yield from filled(kind, depth - 1)


def filled(kind: str, depth: int) -> Iterator[Tree]:
    """Yield objects of a model: each attribute in turn, beside those that are required."""
    model = getattr(models, kind)
    names = {model.attribute_map[name]: shape for name, shape in model.openapi_types.items()}
    needed = {name: next(examples(shape, depth), "x") for name, shape in names.items() if name in MUST.get(kind, ())}
    yield needed
    for name, shape in names.items():
        for value in examples(shape, depth):
            yield {**needed, name: value}


MOST = 10  # values of one attribute
MUST = {"V1SeccompProfile": ("type",), "V1AppArmorProfile": ("type",), "V1Sysctl": ("name", "value")}


def unlisted() -> Iterator[tuple[str, dict[str, Wrap], Any]]:
    for name, value in _attributes("V1SecurityContext"):
        yield f"container {name}", CONTEXT, value
    for name, value in _attributes("V1PodSecurityContext"):
        yield f"pod {name}", POD_CONTEXT, value
    for name, value in _attributes("V1PodSpec"):
        if not {*value} & {"containers", "initContainers", "ephemeralContainers", "volumes", "securityContext",
                           "serviceAccountName", "serviceAccount", "automountServiceAccountToken"}:  # fmt: skip
            yield f"spec {name}", POD, value
    for name in models.V1Volume.attribute_map.values():
        if name not in ("name", "secret", "configMap", "projected", "persistentVolumeClaim"):
            yield f"volume {name}", VOLUME, {"name": "v", **volume(name)}


def _attributes(kind: str) -> Iterator[tuple[str, Tree]]:
    model = getattr(models, kind)
    for name, shape in model.openapi_types.items():
        key = model.attribute_map[name]
        for number, value in enumerate(itertools.islice(examples(shape), MOST)):
            yield f"{key} {number}", {key: value}


def volume(kind: str) -> Tree:
    """Return a volume of this kind with everything that it requires."""
    attribute = next(a for a, key in models.V1Volume.attribute_map.items() if key == kind)
    model = getattr(models, models.V1Volume.openapi_types[attribute])
    inside: Tree = {}
    for name, shape in model.openapi_types.items():
        key = model.attribute_map[name]
        if shape == "str" and key not in ("type", "fsType", "sizeLimit", "medium", "cachingMode", "kind", "pullPolicy"):
            inside[key] = "/x" if "path" in key.lower() else "x"
        elif shape == "list[str]":
            inside[key] = ["x"]
    inside.pop("secretRef", None)
    extra = {"ephemeral": {"volumeClaimTemplate": {"spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}},
        "iscsi": {"targetPortal": "10.0.0.1", "iqn": "iqn.2001-04.com.example:a", "lun": 0},
        "fc": {"targetWWNs": ["x"], "lun": 0}}.get(kind)  # fmt: skip
    return {kind: extra if extra is not None else inside}


# --- listed members ---------------------------------------------------------------------------------------------------
def listed() -> Iterator[tuple[str, dict[str, Wrap], Any]]:
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        yield name, POD, {name: True}
    yield "own users", POD, {"hostUsers": False, "securityContext": {"runAsUser": 0}}
    for added in ("SYS_ADMIN", "NET_BIND_SERVICE", "CHOWN", "NET_ADMIN", "CAP_SYS_ADMIN"):
        yield f"adds {added}", CONTEXT, {"capabilities": {"drop": ["ALL"], "add": [added]}}
    yield "drops nothing", CONTEXT, {"capabilities": {"drop": []}}
    yield "root", CONTEXT, {"runAsUser": 0}
    yield "root, and says so", CONTEXT, {"runAsUser": 0, "runAsNonRoot": False}
    yield "sudo", CONTEXT, {"allowPrivilegeEscalation": True}
    yield "privileged mode", CONTEXT, {"privileged": True, "allowPrivilegeEscalation": True}
    yield "privileged mode alone", CONTEXT, {"privileged": True}
    yield "windows", CONTEXT, {"windowsOptions": {"hostProcess": True}}
    for name in ("kernel.msgmax", "net.ipv4.tcp_rmem"):
        yield f"sysctl {name}", POD_CONTEXT, {"sysctls": [{"name": name, "value": "1"}]}
    yield "unconfined", POD_CONTEXT, {"runAsNonRoot": True, "seccompProfile": {"type": "Unconfined"}}
    yield "hostPath", VOLUME, {"name": "v", "hostPath": {"path": "/etc"}}
    yield "hostPath as Python writes it", VOLUME, {"name": "v", "host_path": {"path": "/etc"}}


def whole() -> Iterator[Tried]:
    """Yield configurations that are complete by themselves."""
    yield Tried("nothing", {})
    yield Tried("uid 0", user(uid=0))
    yield Tried("uid and group", user(uid=1001, fsGid=100))
    yield Tried("group 0", user(fsGid=0))
    yield Tried("hostPort", user(extraContainers=[box(ports=[{"containerPort": 80, "hostPort": 80}])]))
    yield Tried("asks elsewhere", user(lifecycleHooks={"postStart": {"httpGet": {"port": 80, "host": "10.0.0.1"}}}))
    yield Tried("asks itself", user(lifecycleHooks={"postStart": {"httpGet": {"port": 80}}}))
    yield Tried("probe elsewhere", user(extraContainers=[box(
        livenessProbe={"tcpSocket": {"port": 80, "host": "10.0.0.1"}})]))  # fmt: skip
    apparmor = {"container.apparmor.security.beta.kubernetes.io/notebook": "unconfined"}
    yield Tried("annotation", user(extraAnnotations=apparmor))
    yield Tried("privileged trait", trait(privileged=True))
    yield Tried("privileged and sudo", profile(privileged=True, allow_privilege_escalation=True))
    yield Tried("sudo by a trait", profile(allow_privilege_escalation=True))
    yield Tried("no rules of the pod", trait(pod_security_context={}, container_security_context={}))
    yield Tried("null for rules", profile(container_security_context={"capabilities": None}))
    yield Tried("root init", profile(init_containers=[box()]))
    yield Tried("init of the hub", user(initContainers=[box()]))
    yield Tried("init as root", user(initContainers=[box(securityContext={"runAsUser": 0})]))
    yield Tried("beside as root, and says so", user(
        extraContainers=[box(securityContext={"runAsUser": 0, "runAsNonRoot": False})]))  # fmt: skip
    yield Tried("its uid everywhere", user(uid=0, initContainers=[box()]))
    yield from sizes()


def sizes() -> Iterator[Tried]:
    def beside(**resources: Any) -> Tree:
        return user(extraContainers=[box(resources=resources)])

    yield Tried("guarantee over the limit", profile(mem_guarantee="2G"))
    yield Tried("limit below the guarantee", profile(mem_limit="128M"))
    yield Tried("both", profile(mem_limit="3G", mem_guarantee="2G"))
    yield Tried("equal", profile(mem_guarantee="1G"))
    yield Tried("CPU guarantee over the limit", profile(cpu_guarantee=2.5))
    yield Tried("CPU limit below the guarantee", profile(cpu_limit=0.01))
    yield Tried("no limit, more set aside", profile(mem_limit=None, mem_guarantee="1G"))
    yield Tried("no limit", profile(mem_limit=None, cpu_limit=None))
    yield Tried("large profile", profile(mem_limit="16G", cpu_limit=8))
    yield Tried("two choices that fit alone", {"singleuser": {"profileList": [
        {"display_name": "One", "slug": "one", "kubespawner_override": {"mem_guarantee": "900M"}, "profile_options": {
            "kind": {"display_name": "Kind", "choices": {
                "usual": {"display_name": "Usual", "default": True, "kubespawner_override": {"mem_limit": "2G"}},
                "other": {"display_name": "Other", "kubespawner_override": {"mem_limit": "512M"}}}}}}]}},
        OTHER)  # fmt: skip
    for most, size in (("memory", "3Gi"), ("memory", "5Gi"), ("memory", "4096Mi"), ("memory", "4Gi"), ("memory", 2**33),
                       ("memory", "5e9"), ("cpu", "2"), ("cpu", "2500m"), ("cpu", 3), ("cpu", 0.5)):  # fmt: skip
        yield Tried(f"beside with {size} {most}", beside(limits={most: size}))
        yield Tried(f"beside sets aside {size} {most}", beside(requests={most: size}))
    yield Tried("beside, in order", beside(limits={"memory": "1Gi"}, requests={"memory": "512Mi"}))
    yield Tried("beside, out of order", beside(limits={"memory": "1Gi"}, requests={"memory": "2Gi"}))
    for limits, guarantees in (({"example.com/gpu": "1"}, {}), ({}, {"example.com/gpu": "1"}),
                               ({"example.com/gpu": "2"}, {"example.com/gpu": "1"}),
                               ({"example.com/gpu": "1"}, {"example.com/gpu": "1"})):  # fmt: skip
        yield Tried(f"GPUs {limits} {guarantees}", user(extraResource={"limits": limits, "guarantees": guarantees}))
    yield Tried("by a trait", trait(mem_limit="8G"))
    yield Tried("a larger home", profile(storage_capacity="20Gi"))
    yield Tried("a home", profile(storage_capacity="9Gi"))
    for more in ("memory", "cpu"):
        yield Tried(f"open {more}", {"singleuser": {more: {"limit": None}}, **beside(requests={more: "2"})})


def cases() -> Iterator[Tried]:
    yield from whole()
    yield from quotas()
    for name, places, value in listed():
        for place, wrap in places.items():
            data, options = wrap(value)
            yield Tried(f"{name} in {place}", data, options)
    turn = itertools.count()
    for name, places, value in unlisted():
        place = list(places)[next(turn) % len(places)]  # one place each, in turn
        data, options = places[place](value)
        yield Tried(f"{name} in {place}", data, options)


# --- the API server ---------------------------------------------------------------------------------------------------
class Namespaces:
    """One namespace for each level and LimitRange."""

    def __init__(self, kube: KubeServer) -> None:
        self.kube, self.made = kube, dict[tuple[str, str], str]()

    def ask(self, level: str, spec: HubSpec, made: Tree) -> str:
        """Return why the API server refuses these objects; "" when it accepts them."""
        namespace = self._of(level, spec)
        for plural, body in (("persistentvolumeclaims", made["claim"]), ("pods", made["pod"]), *claims(made["pod"])):
            try:
                if body:
                    self.kube.call("POST", f"/api/v1/namespaces/{namespace}/{plural}?dryRun=All", body)
            except urllib.error.HTTPError as error:
                return str(json.loads(error.msg)["message"])
        return ""

    def _of(self, level: str, spec: HubSpec) -> str:
        release = render_kubernetes(TARGET, spec, SECRETS, SIGN_IN, "running", PLAIN, AGREED)
        files = next(p for p in release.parts if p.name == FILES).payload
        limits, quota = files["LimitRange/hub"], files["ResourceQuota/hub"]
        key = level, json.dumps([limits["spec"], quota["spec"]])
        if key not in self.made:
            name = self.made[key] = f"admission-{len(self.made)}"
            labels = {"pod-security.kubernetes.io/enforce": level}
            self.kube.call("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
            body = {"metadata": {"name": "hub"}, "spec": limits["spec"]}
            self.kube.call("POST", f"/api/v1/namespaces/{name}/limitranges", body)
            until(lambda: self.kube.call("GET", f"/api/v1/namespaces/{name}/serviceaccounts")["items"], 20, name)
            at = f"/api/v1/namespaces/{name}/resourcequotas"
            self.kube.call("POST", at, {"metadata": {"name": "hub"}, "spec": quota["spec"]})
            until(lambda: self.kube.call("GET", f"{at}/hub").get("status", {}).get("hard"), 20, name)
            self.kube.call("POST", f"/api/v1/namespaces/{name}/pods", OWN)
        return self.made[key]

    def end(self) -> None:
        for name in self.made.values():
            self.kube.call("DELETE", f"/api/v1/namespaces/{name}")


def ours(said: str) -> bool:
    """Return whether the portal promises to predict this kind of refusal. Others are of fields that no schema knows."""
    return any(mark in said for mark in ("violates PodSecurity", "maximum ", "must be less than or equal to",
                                         "must be equal to", "allowPrivilegeEscalation", "non overcommit",
                                         "exceeded quota"))  # fmt: skip


def test_a_sentence_appears_exactly_if_the_cluster_refuses(kube: KubeServer) -> None:
    tried = [one for one in cases() if valid(one)]
    made = people_pods([{"values": hub_values(TARGET, one.spec, SIGN_IN), "options": one.options} for one in tried])
    place = Place(
        "", AGREED.memory_per_user_mib, AGREED.cpu_per_user, AGREED.storage_per_user_mib, AGREED.total_memory_mib
    )
    asked, wrong, refused, by_quota = Namespaces(kube), [], 0, 0
    try:
        for one, objects in zip(tried, made, strict=True):
            if "error" in objects:
                continue
            for level in LEVELS:
                told = [r.message for r in refusals(one.spec, replace(place, pod_security=level))]
                told = [message for message in told if NEVER not in message]
                said = asked.ask(level, one.spec, objects)
                refused += bool(said)
                by_quota += "exceeded quota" in said
                if (told and not said) or (said and ours(said) and not told):
                    wrong.append(f"{one.name}, {level}: {told or 'nothing'} ↔ {said or 'taken'}")
    finally:
        asked.end()
    assert not wrong, "\n".join(wrong)
    assert sum("error" not in objects for objects in made) > 300
    assert refused > 300
    assert by_quota > 20


def valid(one: Tried) -> bool:
    """Return whether the other rules of the spec accept it."""
    try:
        return bool(one.spec)
    except Exception:
        return False

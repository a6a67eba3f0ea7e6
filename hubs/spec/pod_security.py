"""Kubernetes' Pod Security Standards, as enforced by the API server on a namespace: what it refuses of a pod. Pure.

Source: k8s.io/pod-security-admission/policy 1.36, "latest"; with one check here for each there.
tests/kubernetes/test_admission.py compares the results with a real API server.
"""

from collections.abc import Callable, Iterator
from typing import Any

from hubs.language import _
from hubs.spec.chart import Tree
from hubs.spec.pods import containers, listed, mapped

LEVELS = ("privileged", "baseline", "restricted")
CAPABILITIES = frozenset(
    "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID "
    "SYS_CHROOT".split()
)
SYSCTLS = frozenset(
    "kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.tcp_syncookies net.ipv4.ping_group_range "
    "net.ipv4.ip_unprivileged_port_start net.ipv4.ip_local_reserved_ports net.ipv4.tcp_keepalive_time "
    "net.ipv4.tcp_fin_timeout net.ipv4.tcp_keepalive_intvl net.ipv4.tcp_keepalive_probes net.ipv4.tcp_rmem "
    "net.ipv4.tcp_wmem".split()
)
SELINUX = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
PROFILES = ("RuntimeDefault", "Localhost")  # of seccomp and AppArmor
VOLUMES = frozenset(  # refused by "restricted" besides hostPath; volume types unknown to Kubernetes are ignored
    "gcePersistentDisk awsElasticBlockStore gitRepo nfs iscsi glusterfs rbd flexVolume cinder cephfs flocker "
    "fc azureFile vsphereVolume quobyte azureDisk photonPersistentDisk portworxVolume scaleIO storageos".split()
)
APPARMOR = "container.apparmor.security.beta.kubernetes.io/"
Found = Iterator[str]


def _contexts(spec: Tree) -> Iterator[tuple[str, Tree]]:
    """Yield (owner, securityContext) of the pod and its containers."""
    yield _("the pod"), mapped(spec.get("securityContext"))
    for name, one in containers(spec):
        yield _container(name), mapped(one.get("securityContext"))


def _container(name: str) -> str:
    return _("container “{name}”", name=name)


def _own_users(spec: Tree) -> bool:
    """Whether the pod has a user namespace, so that its root has no rights outside."""
    return spec.get("hostUsers") is False


# --- baseline: access to outside of the pod ---------------------------------------------------------------------------
def _host_namespaces(spec: Tree, annotations: Tree) -> Found:
    if spec.get("hostNetwork") is True:
        yield _("the node’s network (hostNetwork)")
    if spec.get("hostPID") is True:
        yield _("the node’s processes (hostPID)")
    if spec.get("hostIPC") is True:
        yield _("the node’s shared memory (hostIPC)")


def _host_ports(spec: Tree, annotations: Tree) -> Found:
    for name, one in containers(spec):
        if any(port.get("hostPort") for port in listed(one.get("ports"))):
            yield _("a port of the node (hostPort) in container “{name}”", name=name)


def _host_probes(spec: Tree, annotations: Tree) -> Found:
    for name, one in containers(spec):
        hooks = [mapped(one.get(key)) for key in ("livenessProbe", "readinessProbe", "startupProbe")]
        hooks += [mapped(mapped(one.get("lifecycle")).get(key)) for key in ("postStart", "preStop")]
        if any(mapped(hook.get(way)).get("host") for hook in hooks for way in ("httpGet", "tcpSocket")):
            yield _("a probe or hook with another host in container “{name}”", name=name)


def _host_path(spec: Tree, annotations: Tree) -> Found:
    for volume in listed(spec.get("volumes")):
        if volume.get("hostPath") is not None:
            yield _("a folder of the node (hostPath) as volume “{name}”", name=volume.get("name"))


def _privileged(spec: Tree, annotations: Tree) -> Found:
    for whose, context in _contexts(spec):
        if context.get("privileged") is True:
            yield _("privileged mode for {owner}", owner=whose)


def _capabilities(spec: Tree, annotations: Tree) -> Found:
    for whose, added, __ in _capabilities_of(spec):
        for one in sorted(added - CAPABILITIES):
            yield _("the capability {name} for {owner}", name=one, owner=whose)


def _capabilities_of(spec: Tree) -> Iterator[tuple[str, set[str], set[str]]]:
    """Yield (owner, added, dropped) capabilities of each container."""
    for name, one in containers(spec):
        said = mapped(mapped(one.get("securityContext")).get("capabilities"))
        added, dropped = (set(map(str, said.get(key) or ())) for key in ("add", "drop"))
        yield _container(name), added, dropped


def _proc_mount(spec: Tree, annotations: Tree) -> Found:
    if not _own_users(spec):
        yield from _proc_mount_always(spec, annotations)


def _proc_mount_always(spec: Tree, annotations: Tree) -> Found:
    for whose, context in _contexts(spec):
        if context.get("procMount") not in (None, "Default"):
            yield _("procMount “{value}” for {owner}", value=context["procMount"], owner=whose)


def _selinux(spec: Tree, annotations: Tree) -> Found:
    for whose, context in _contexts(spec):
        said = mapped(context.get("seLinuxOptions"))
        if said.get("type", "") not in SELINUX or said.get("user") or said.get("role"):
            yield _("custom SELinux labels (seLinuxOptions) for {owner}", owner=whose)


def _sysctls(spec: Tree, annotations: Tree) -> Found:
    for one in listed(mapped(spec.get("securityContext")).get("sysctls")):
        if one.get("name") not in SYSCTLS:
            yield _("the kernel setting {name} (sysctls)", name=one.get("name"))


def _unconfined(spec: Tree, annotations: Tree) -> Found:
    for whose, context in _contexts(spec):
        said = context.get("seccompProfile")
        if isinstance(said, dict) and said.get("type") not in PROFILES:
            yield _("the seccomp profile “{name}” for {owner}", name=said.get("type", ""), owner=whose)


def _apparmor(spec: Tree, annotations: Tree) -> Found:
    for whose, context in _contexts(spec):
        said = context.get("appArmorProfile")
        if isinstance(said, dict) and said.get("type") not in PROFILES:
            yield _("the AppArmor profile “{name}” for {owner}", name=said.get("type", ""), owner=whose)
    for key, value in annotations.items():
        good = not value or value == "runtime/default" or str(value).startswith("localhost/")
        if str(key).startswith(APPARMOR) and not good:
            yield _("the annotation {name}", name=key)


def _windows(spec: Tree, annotations: Tree) -> Found:
    for whose, context in _contexts(spec):
        if mapped(context.get("windowsOptions")).get("hostProcess") is True:
            yield _("a process on the node (hostProcess) for {owner}", owner=whose)


def _lacks(owner: str, setting: str) -> str:
    return _("{owner} without “{setting}” in its securityContext", owner=owner, setting=setting)


# --- restricted: hardening --------------------------------------------------------------------------------------------
def _no_escalation(spec: Tree, annotations: Tree) -> Found:
    for name, one in containers(spec):
        if mapped(one.get("securityContext")).get("allowPrivilegeEscalation") is not False:
            yield _lacks(_container(name), "allowPrivilegeEscalation: false")


def _not_root(spec: Tree, annotations: Tree) -> Found:
    whole, *each = _contexts(spec)
    if _own_users(spec):
        return
    if whole[1].get("runAsNonRoot") is False:
        yield _("root in the pod (runAsNonRoot: false)")
    for whose, context in each:
        said = context.get("runAsNonRoot")
        if said is False or (said is None and whole[1].get("runAsNonRoot") is not True):
            yield _("root in {owner}, which does not set “runAsNonRoot: true”", owner=whose)


def _no_user_0(spec: Tree, annotations: Tree) -> Found:
    for whose, context in _contexts(spec):
        if not _own_users(spec) and _is_root(context):
            yield _("root (user 0) in {owner}", owner=whose)


def _is_root(context: Tree) -> bool:
    return context.get("runAsUser") is not None and str(context["runAsUser"]) == "0"


def _all_dropped(spec: Tree, annotations: Tree) -> Found:
    for whose, added, dropped in _capabilities_of(spec):
        for one in sorted(added - {"NET_BIND_SERVICE"}):
            yield _("the capability {name} for {owner}", name=one, owner=whose)
        if "ALL" not in dropped:
            yield _lacks(whose, "capabilities: {drop: [ALL]}")


def _not_dropped(spec: Tree, annotations: Tree) -> Found:
    """Yield only what `_all_dropped` misses."""
    for whose, __, dropped in _capabilities_of(spec):
        if "ALL" not in dropped:
            yield _lacks(whose, "capabilities: {drop: [ALL]}")


def _confined(spec: Tree, annotations: Tree) -> Found:
    yield from _unconfined(spec, annotations)
    yield from _no_profile(spec, annotations)


def _no_profile(spec: Tree, annotations: Tree) -> Found:
    whole, *each = _contexts(spec)
    of_pod = mapped(whole[1].get("seccompProfile")).get("type") in PROFILES
    for whose, context in each:
        if context.get("seccompProfile") is None and not of_pod:
            yield _lacks(whose, "seccompProfile: {type: RuntimeDefault}")


def _volumes(spec: Tree, annotations: Tree) -> Found:
    for volume in listed(spec.get("volumes")):
        if kinds := sorted(key for key in VOLUMES if volume.get(key) is not None):
            yield _("a volume of type {kind} (“{name}”)", kind=", ".join(kinds), name=volume.get("name"))


Check = Callable[[Tree, Tree], Found]
ALWAYS: tuple[Check, ...] = (
    _host_namespaces, _host_ports, _host_probes, _privileged, _selinux, _sysctls, _apparmor, _windows
)  # fmt: skip
CHECKS: dict[str, tuple[Check, ...]] = {
    "privileged": (),
    "baseline": (*ALWAYS, _host_path, _capabilities, _proc_mount, _unconfined),
    "restricted": (*ALWAYS, _host_path, _volumes, _all_dropped, _proc_mount_always, _no_escalation, _not_root,
                   _no_user_0, _confined),
}  # fmt: skip


def refused(pod: Tree, level: str) -> list[str]:
    """Return what a namespace of this level refuses of a pod, as nouns: "root (user 0) in container “notebook”"."""
    said: dict[str, Any] = {}
    for check in CHECKS[level]:
        said |= dict.fromkeys(check(pod["spec"], pod["annotations"]))
    return list(said)


def lacking(pod: Tree) -> set[str]:
    """Return those of `refused` for "restricted" that a pod has to add, not remove."""
    checks = (_no_escalation, _not_dropped, _no_profile)
    return {what for check in checks for what in check(pod["spec"], pod["annotations"])}


def never_runs(pod: Tree) -> list[str]:
    """Return what the API server accepts, but no node starts: root in a container with runAsNonRoot.
    Source: kubelet, verifyRunAsNonRoot."""
    whole, *each = _contexts(pod["spec"])
    return [
        _("root (user 0) in {owner}, because servers here run without root (runAsNonRoot)", owner=whose)
        for whose, context in each
        if _is_root(context if context.get("runAsUser") is not None else whole[1])
        and (context if context.get("runAsNonRoot") is not None else whole[1]).get("runAsNonRoot") is True
    ]


def contradictions(pod: Tree) -> list[str]:
    """Return what the API server refuses in every namespace, because settings contradict each other, as sentences.
    Source: Kubernetes 1.36, ValidateSecurityContext and validateWindowsHostProcessPod."""
    found = []
    for number, (whose, context) in enumerate(_contexts(pod["spec"])):
        added = mapped(context.get("capabilities")).get("add") or ()
        if number and context.get("allowPrivilegeEscalation") is False:  # the first is the pod itself
            if context.get("privileged") is True:
                found.append(
                    _("“privileged: true” and “allowPrivilegeEscalation: false” can’t be combined for {owner}.",
                      owner=whose)
                )  # fmt: skip
            elif "CAP_SYS_ADMIN" in added:
                found.append(
                    _("CAP_SYS_ADMIN and “allowPrivilegeEscalation: false” can’t be combined for {owner}.", owner=whose)
                )
        if context.get("procMount") == "Unmasked" and not _own_users(pod["spec"]):
            found.append(_("procMount “Unmasked” needs “hostUsers: false” for {owner}.", owner=whose))
    return found

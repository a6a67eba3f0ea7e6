"""Fields that are combined, or have another shape, in values.yaml: how they are written and read back.

Each pair consists of a `write` into the tree and a `read` from it. `read` ignores what it does not recognise:
from_values compares the result, and keeps unchanged what would be written differently.
"""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hubs.spec import clone_command, institution_rules
from hubs.spec.chart import Tree
from hubs.spec.egress import public
from hubs.spec.hub import HubSpec
from hubs.spec.pod_pieces import FOR_ADMINS
from hubs.spec.trees import Path, get, put

GPU = "nvidia.com/gpu"  # the resource's name in Kubernetes
KERNELS = "jupyter_server_config.json"
KERNELS_AT = f"/usr/local/etc/jupyter/{KERNELS}"
CHECK_KERNELS = 300  # seconds between two checks for idle kernels
SHARED = "_shared"  # the file server's folder that is mounted into every home directory
WEB_PORTS = [{"port": 443, "protocol": "TCP"}]
WEB = {"to": public(), "ports": WEB_PORTS}  # a rule without `to` would open private networks, too
TAINT = re.compile(r"([^=:]+)(?:=([^:]*))?:(NoSchedule|PreferNoSchedule|NoExecute)")
EXCEPTION = re.compile(r"([0-9a-f.:]+/\d{1,3}) (\d{1,5})")
Data = dict[str, Any]  # {field: value}


@dataclass(frozen=True)
class Composed:
    """Fields and the places that they fill. `roots` are the paths below which these fields decide everything."""

    roots: tuple[Path, ...]
    write: Callable[[Tree, HubSpec], None]
    read: Callable[[Tree], Data]


# --- internet ---------------------------------------------------------------------------------------------------------
def _exception(text: str) -> Tree:
    """ "203.0.113.0/24 443" as a rule of a NetworkPolicy."""
    cidr, port = text.split(" ")
    return {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"port": int(port), "protocol": "TCP"}]}


def _write_internet(tree: Tree, spec: HubSpec) -> None:
    user = spec.singleuser
    policy: Tree = {} if user.internet == "open" else {"egressAllowRules": {"nonPrivateIPs": False}}
    egress = [copy.deepcopy(WEB)] if user.internet == "web" else []
    egress += [_exception(one) for one in user.internetExceptions]
    if egress:
        policy["egress"] = egress
    if policy:
        put(tree, ("singleuser", "networkPolicy"), policy)


def _read_internet(values: Tree) -> Data:
    policy = get(values, ("singleuser", "networkPolicy"), {})
    rules = get(policy, ("egress",), [])
    closed = get(policy, ("egressAllowRules",)) == {"nonPrivateIPs": False}
    found: list[str] = []
    for rule in rules if isinstance(rules, list) else ():
        cidr, ports = _only(get(rule, ("to",))), _only(get(rule, ("ports",)))
        text = f"{get(cidr, ('ipBlock', 'cidr'))} {get(ports, ('port',))}"
        if EXCEPTION.fullmatch(text) and _exception(text) == rule:
            found.append(text)
    web = any(rule in (WEB, {"ports": WEB_PORTS}) for rule in rules) if isinstance(rules, list) else False
    kind = "open" if not closed else "web" if web else "closed"
    return {"singleuser.internet": kind, "singleuser.internetExceptions": found}


def _only(found: Any) -> Any:
    return found[0] if isinstance(found, list) and len(found) == 1 else {}


# --- nodes ------------------------------------------------------------------------------------------------------------
def _write_gpus(tree: Tree, spec: HubSpec) -> None:
    if spec.singleuser.gpus:
        put(tree, ("singleuser", "extraResource", "limits", GPU), str(spec.singleuser.gpus))


def _read_gpus(values: Tree) -> Data:
    said = get(values, ("singleuser", "extraResource", "limits", GPU))
    counted = isinstance(said, str | int) and re.fullmatch("[1-9][0-9]?", str(said))
    return {"singleuser.gpus": int(said) if counted else 0}


def _toleration(text: str) -> Tree:
    """ "pool=teaching:NoSchedule" or "pool:NoSchedule", as `kubectl taint` writes it."""
    match = TAINT.fullmatch(text)
    key, value, effect = match.groups() if match else (text, None, "NoSchedule")
    if value is None:
        return {"key": key, "operator": "Exists", "effect": effect}
    return {"key": key, "operator": "Equal", "value": value, "effect": effect}


def _write_tolerations(tree: Tree, spec: HubSpec) -> None:
    if spec.singleuser.tolerations:
        put(tree, ("singleuser", "extraTolerations"), [_toleration(one) for one in spec.singleuser.tolerations])


def _read_tolerations(values: Tree) -> Data:
    rows, found = get(values, ("singleuser", "extraTolerations")), []
    for row in rows if isinstance(rows, list) else ():
        one = row if isinstance(row, dict) else {}
        text = f"{one.get('key')}" + (f"={one['value']}" if one.get("value") else "") + f":{one.get('effect')}"
        if not TAINT.fullmatch(text) or _toleration(text) != row:
            return {}
        found.append(text)
    return {"singleuser.tolerations": found}


# --- files and content ------------------------------------------------------------------------------------------------
def _kernels(idle: int) -> Tree:
    rules = {"cull_idle_timeout": idle, "cull_interval": CHECK_KERNELS, "cull_connected": True}
    return {"mountPath": KERNELS_AT, "data": {"MappingKernelManager": rules}}


def _write_files(tree: Tree, spec: HubSpec) -> None:
    files = copy.deepcopy(spec.singleuser.extraFiles)
    if spec.singleuser.kernelTimeout:
        files[KERNELS] = _kernels(spec.singleuser.kernelTimeout)
    if files:
        put(tree, ("singleuser", "extraFiles"), files)


def _read_files(values: Tree) -> Data:
    files = get(values, ("singleuser", "extraFiles"), {})
    files = dict(files) if isinstance(files, dict) else {}
    idle = get(files, (KERNELS, "data", "MappingKernelManager", "cull_idle_timeout"))
    found: Data = {"singleuser.kernelTimeout": None}
    if type(idle) is int and files[KERNELS] == _kernels(idle):
        found["singleuser.kernelTimeout"] = idle
        del files[KERNELS]
    return {**found, "singleuser.extraFiles": files}


COMMAND: Path = ("singleuser", "lifecycleHooks", "postStart", "exec", "command")


def _write_content(tree: Tree, spec: HubSpec) -> None:
    content = spec.singleuser.content
    if content.repository:
        put(tree, COMMAND, clone_command.command(content.repository, content.branch, content.folder))
    elif spec.singleuser.postStart:
        put(tree, COMMAND, list(spec.singleuser.postStart))


def _read_content(values: Tree) -> Data:
    command = get(values, COMMAND)
    if not isinstance(command, list) or not all(isinstance(word, str) for word in command):
        return {}
    if words := clone_command.words(command):
        names = ("repository", "branch", "folder")
        return {f"singleuser.content.{name}": word for name, word in zip(names, words, strict=True)}
    return {"singleuser.postStart": command}


# --- shared folders ---------------------------------------------------------------------------------------------------
MOUNTS = "singleuser.storage.extraVolumeMounts"
EVERYBODY: Path = ("singleuser", "storage", "extraVolumeMounts")
ADMINS: Path = ("custom", "singleuserAdmin", "extraVolumeMounts")


def _shared(home: str) -> Tree:
    return {"name": "home", "mountPath": f"{home}/shared", "subPath": SHARED, "readOnly": True}


def _written(home: str) -> Tree:
    return {"name": "home", "mountPath": f"{home}/shared-readwrite", "subPath": SHARED}


def _all_homes(home: str) -> Tree:
    return {"name": "home", "mountPath": f"{home}/allusers", "readOnly": True}


def _mounts(spec: HubSpec) -> tuple[list[Tree], list[Tree]]:
    """Return the mounts of the file server: (for everyone, additionally for hub admins)."""
    storage, home = spec.singleuser.storage, spec.singleuser.storage.homeMountPath
    everybody = [_shared(home)] if storage.shared != "none" else []
    admins = [_written(home)] if storage.shared == "admins" else []
    return everybody, [*admins, *([_all_homes(home)] if storage.allHomes else [])]


def _write_shared(tree: Tree, spec: HubSpec) -> None:
    known = _mounts(spec) if spec.singleuser.storage.type == "static" else ([], [])
    rows = spec.singleuser.storage.extraVolumeMounts
    for path, mounts, whose in zip((EVERYBODY, ADMINS), known, (False, True), strict=True):
        own = [{key: said for key, said in row.items() if key != FOR_ADMINS} for row in rows
               if bool(row.get(FOR_ADMINS)) == whose]  # fmt: skip
        if found := [*mounts, *copy.deepcopy(own)]:
            put(tree, path, found)


def _read_shared(values: Tree) -> Data:
    """Read mounts that the portal would write into its two fields, and all others as rows."""
    storage = get(values, ("singleuser", "storage"), {})
    everybody, admins = (found if isinstance(found := get(values, path), list) else [] for path in (EVERYBODY, ADMINS))
    if not all(isinstance(row, dict) and FOR_ADMINS not in row for row in (*everybody, *admins)):
        return {"singleuser.storage.shared": "none", "singleuser.storage.allHomes": False, MOUNTS: []}
    shared, all_homes = "none", False
    if get(storage, ("type",)) == "static":
        home = get(storage, ("homeMountPath",)) or "/home/jovyan"
        if everybody[:1] == [_shared(home)]:
            shared, everybody = "read", everybody[1:]
            if admins[:1] == [_written(home)]:
                shared, admins = "admins", admins[1:]
        if admins[:1] == [_all_homes(home)]:
            all_homes, admins = True, admins[1:]
    rows = [*everybody, *({**row, FOR_ADMINS: True} for row in admins)]
    return {"singleuser.storage.shared": shared, "singleuser.storage.allHomes": all_homes, MOUNTS: rows}


# --- CILogon's institutions -------------------------------------------------------------------------------------------
IDPS: Path = ("hub", "config", "CILogonOAuthenticator", "idps")


def _write_institutions(tree: Tree, spec: HubSpec) -> None:
    if spec.signIn.method == "cilogon" and spec.signIn.cilogon.institutions:
        put(tree, IDPS, institution_rules.written(spec.signIn.cilogon))


def _read_institutions(values: Tree) -> Data:
    return {f"signIn.cilogon.{name}": value for name, value in institution_rules.read(get(values, IDPS)).items()}


COMPOSED: tuple[Composed, ...] = (
    Composed((("singleuser", "networkPolicy"),), _write_internet, _read_internet),
    Composed((("singleuser", "extraResource"),), _write_gpus, _read_gpus),
    Composed((("singleuser", "extraTolerations"),), _write_tolerations, _read_tolerations),
    Composed((("singleuser", "extraFiles"),), _write_files, _read_files),
    Composed((("singleuser", "lifecycleHooks"),), _write_content, _read_content),
    Composed((EVERYBODY, ADMINS), _write_shared, _read_shared),
    Composed((IDPS,), _write_institutions, _read_institutions),
)

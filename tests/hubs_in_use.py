"""Values files modelled on real ones: every key of tests/data/z2jh/in-use.tsv, as often as one operator's 200 files set
it, in the shapes in which they are kept. The same number makes the same files on every machine.

A key of the table is drawn with its share of files among those that set its parent. Names of people, places and
repositories are invented.
"""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from hubs.spec.chart import Tree
from hubs.spec.kept import File
from hubs.spec.trees import get, leaves, put

TABLE = Path(__file__).parent / "data" / "z2jh" / "in-use.tsv"
FILES = 200  # files in which the keys of the table were counted
Keys = tuple[str, ...]
Make = Callable[[random.Random], Any]


@dataclass
class Node:
    """A key of the table: the number of files that set it, the kinds of its values, and the keys below it."""

    files: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    below: dict[str, "Node"] = field(default_factory=dict)


@cache
def table() -> Node:
    """Return the table as a tree. `[]` is an entry of a list, `<name>` one of a map whose keys people choose."""
    root = Node(FILES)
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith(("#", "files\t")) or not line:
            continue
        files, key, kind = line.split("\t")
        if not key:
            continue
        node = root
        for part in key.replace("[]", ".[]").split("."):
            node = node.below.setdefault(part, Node())
            node.files = max(node.files, int(files))
        node.kinds[kind] = int(files)
    return root


# --- values -----------------------------------------------------------------------------------------------------------
def one_of(*values: Any) -> Make:
    return lambda rng: rng.choice(values)


NAMES = ("river", "lake", "hill", "valley", "shore", "forest", "island", "harbour")
IMAGES = ("quay.io/jupyter/scipy-notebook:2026-10-05", "quay.io/jupyter/r-notebook:2026-10-05",
          "quay.io/example/geo:3f2a1b0", "us-docker.pkg.dev/example-one/images/pangeo:2026.09.1")  # fmt: skip
VALUES: tuple[tuple[str, Make], ...] = (  # the first pattern that matches the end of a key
    (r"memory\.limit|mem_limit", one_of("1G", "1.5G", "2G", "3.7G", 8589934592, "7.24G")),
    (r"memory\.guarantee|mem_guarantee", one_of("256M", "384M", "0.5G", "512M", 536870912)),
    (r"cpu\.limit|cpu_limit", one_of(1, 2, 3.7, 4)),
    (r"cpu\.guarantee|cpu_guarantee", one_of(0.05, 0.1, 0.5, 0.23)),
    (r"requests\.memory|limits\.memory", one_of("64Mi", "1.9G", "512Mi")),
    (r"defaultUrl|default_url", one_of("/lab", "/tree", "/rstudio", "/lab/tree/intro.ipynb", "/desktop")),
    (r"authenticator_class", one_of("cilogon", "github", "google", "generic-oauth", "tmp")),
    (r"admin_users", one_of(["ada-l", "omar-h"], ["Teach.One@river.example.edu", "two@river.example.edu"])),
    (r"allowed_users", one_of(["mia", "zoe@lake.example.edu"])),
    (r"username_claim", one_of("email", "eppn", "sub", "preferred_username")),
    (r"allowed_domains|allowed_hosted_domains", one_of(["river.example.edu"], ["lake.example.edu", "*.hill.example"])),
    (r"allowed_organizations", one_of(["lake-lab"], ["lake-lab", "lake-lab:gpu"], ["hill:students"])),
    (r"allowed_groups|admin_groups", one_of(["hub-users"], ["lake-lab:gpu", "lake-lab:students"])),
    (r"GenericOAuthenticator\.(authorize_url|token_url|userdata_url)", one_of("https://login.example.org/oauth")),
    (r"auth_state_groups_key", one_of("oauth_user.groups", "oauth_user.roles")),
    (r"logout_redirect_url|cors_allow_origin|audience", one_of("https://hubs.example.org")),
    (r"oauth_redirect_uri", one_of("https://report.hubs.example.org/oauth_callback")),
    (r"oauth_client_allowed_scopes", one_of(["users:activity!user"])),
    (r"allowed_scopes", one_of(["openid"])),
    (r"loadRoles\.[^.]+\.scopes", one_of(["list:users", "read:users:activity"], ["admin:servers", "self"])),
    (r"loadRoles\.[^.]+\.services", one_of(["jupyterhub-idle-culler"])),
    (r"scope", one_of(["openid", "email"], ["read:org"], ["openid", "email", "groups"])),
    (r"display_name", one_of("Small", "Python", "R and RStudio", "3.7 GB RAM, up to 4 CPUs", "Own image")),
    (r"slug", one_of("small", "python", "rstudio", "gpu")),
    (r"validation_regex", one_of("^.+:.+$")),
    (r"unlisted_choice\.kubespawner_override\.image", one_of("{value}")),
    (r"singleuser\.image\.name|hub\.image\.name|extraImages\.[^.]+\.name", one_of("quay.io/example/geo")),
    (r"image\.tag|extraImages\.[^.]+\.tag", one_of("2026-10-05", "0.0.1-9", "3f2a1b0")),
    (r"image_pull_policy", one_of("Always", "IfNotPresent")),
    (r"image", one_of(*IMAGES)),
    (r"(node_selector|nodeSelector)\.[^.]+", one_of("n2-highmem-4", "users", "r5.xlarge")),
    (r"extra_resource_limits\.[^.]+", one_of("1")),
    (r"mountPath", one_of("/home/jovyan/shared", "/home/jovyan/shared-public", "/usr/local/etc/jupyter/a.json")),
    (r"subPath", one_of("_shared", "_shared-public", "{escaped_username}")),
    (r"storage\.type", one_of("none", "dynamic", "static")),
    (r"db\.pvc\.storage", one_of("10Gi", "1Gi")),
    (r"emptyDir\.sizeLimit", one_of("1Gi", "2Gi")),
    (r"claimName", one_of("home-nfs", "data-archive")),
    (r"working_dir", one_of("/home/rstudio", "/home/jovyan")),
    (r"singleuser\.cmd", one_of(["jupyterhub-singleuser"], ["start-singleuser.sh"])),
    (r"singleuser\.profileList", one_of([])),
    (r"cull\.maxAge", one_of(0, 43200, 86400)),
    (r"cull\.every", one_of(300, 600)),
    (r"cull\.timeout", one_of(900, 3600, 7200)),
    (r"auth_refresh_age", one_of(0, 300)),
    (r"effect", one_of("NoSchedule")),
    (r"operator", one_of("Equal")),
    (r"containerPort|extraPorts\..*[pP]ort", one_of(8080, 9090)),
    (r"cpu", one_of(0.01, 0.1)),
    (r"mode", one_of(0o644, 0o755)),
    (r"replicas", one_of(1, 2, 10)),
    (r"runAs(User|Group)", one_of(1000)),
    (r"extraConfig\.[^.]+", one_of('c.Spawner.environment["REGION"] = "north"\n')),
    (r"extraEnv\.[^.]+", one_of("s3://lake-scratch/$(JUPYTERHUB_USER)", "101", "Iv1.0123456789abcdef")),
    (r"ingress\..*hosts", one_of(["lake.hubs.example.org"])),
    (r"secretName", one_of("https-auto-tls")),
    (r"stringData", one_of("Hello\n")),
    (r"data\.<any>", one_of(1800, True)),
    (r"name|key", one_of(*NAMES)),
)
BY_KIND: dict[str, Make] = {
    "text": one_of(*NAMES), "yes/no": one_of(True, False), "number": one_of(1, 2, 600), "list": one_of(["one", "two"]),
    "null": lambda rng: None, "any": one_of(1800, "text"), "{}": lambda rng: {},
}  # fmt: skip
PLACES = {  # what people call the entries of a map, where the name matters
    "extraVolumeMounts": ("10-shared", "20-public", "30-data"), "extraVolumes": ("10-shm", "20-data"),
    "extraEnv": ("COURSE", "SCRATCH_BUCKET", "GH_SCOPED_CREDS_CLIENT_ID"),
    "extraFiles": ("jupyter_server_config.json", "notes.txt"), "extraConfig": ("10-region", "20-claims"),
    "extra_resource_limits": ("nvidia.com/gpu",), "environment": ("NVIDIA_DRIVER_CAPABILITIES", "TZ"),
    "node_selector": ("node.kubernetes.io/instance-type", "pool"), "nodeSelector": ("pool", "example.org/kind"),
    "allowed_idps": ("urn:mace:incommon:river.example.edu", "http://google.com/accounts/o8/id",
                     "https://idp.lake.example.edu/idp/shibboleth"),
    "annotations": ("prometheus.io/scrape",), "choices": ("01-small", "02-python", "03-r"),
    "services": ("report", "usage"), "loadRoles": ("readers", "dask-users"),
}  # fmt: skip
FIRST: tuple[Tree, ...] = (
    {"name": "own-the-home", "image": "quay.io/example/busybox:1.36", "command": ["chown", "1000:1000", "/home/jovyan"],
     "securityContext": {"runAsUser": 0, "runAsGroup": 0},
     "volumeMounts": [{"name": "home", "mountPath": "/home/jovyan", "subPath": "{escaped_username}"}]},
    {"name": "content", "image": "alpine/git:2.49.0", "args": ["clone", "--depth=1", "https://github.com/example/intro",
     "/home/jovyan/intro"], "volumeMounts": [{"name": "home", "mountPath": "/home/jovyan"}]},
    {"name": "templates", "image": "quay.io/example/tools:2", "command": ["sh", "-c", "cp -r /opt/a /home/jovyan || :"],
     "env": [{"name": "COURSE", "value": "101"}], "securityContext": {"runAsUser": 1000}},
)  # fmt: skip
BESIDE: tuple[Tree, ...] = (
    {"name": "metrics", "image": "quay.io/example/metrics:1", "ports": [{"name": "http", "containerPort": 8080}],
     "resources": {"limits": {"cpu": 0.1, "memory": "64Mi"}, "requests": {"cpu": 0.01, "memory": "32Mi"}}},
    {"name": "db", "image": "quay.io/example/postgres:17", "env": [{"name": "MODE", "value": "trust"}]},
)  # fmt: skip
CLASSES = {"cilogon": "CILogon", "github": "GitHub", "google": "Google", "generic-oauth": "Generic", "tmp": "Tmp"}
METHODS = {"cilogon": 81, "github": 50, "generic-oauth": 14, "google": 11, "tmp": 4}  # hubs of that operator
HOMEPAGE = {
    "org": {"name": "River College", "url": "https://river.example.edu", "logo_url": "https://river.example.edu/l.png"},
    "designed_by": {"name": "Hubs for All", "url": "https://hubs.example.org"},
    "operated_by": {"name": "Hubs for All", "url": "https://hubs.example.org"},
    "funded_by": {"name": "", "url": ""},
}  # fmt: skip


def _value(rng: random.Random, path: Keys, node: Node) -> Any:
    kind = rng.choices(list(node.kinds), list(node.kinds.values()))[0]
    if kind in ("null", "yes/no", "{}"):
        return BY_KIND[kind](rng)
    name = ".".join(path)
    found = next((make(rng) for pattern, make in VALUES if re.search(rf"(^|\.)({pattern})$", name)), None)
    return BY_KIND[kind](rng) if found is None else found


def _made(rng: random.Random, path: Keys, node: Node) -> Any:
    """Return a value for this key and what is below it; None when nothing was drawn."""
    if not node.below or (node.kinds and rng.random() < sum(node.kinds.values()) / (node.files * 2)):
        return _value(rng, path, node)
    if "[]" in node.below:
        entry = node.below["[]"]
        rows = [_made(rng, (*path, "[]"), entry) for _ in range(rng.randint(1, 2))]
        return [row for row in rows if row not in (None, {})]
    made: Tree = {}
    for name, below in node.below.items():
        names = [name]
        if name.startswith("<"):
            names = list(PLACES.get(path[-1], NAMES)[: rng.randint(1, 3)])
        for one in names:
            if rng.random() < below.files / max(node.files, 1):
                made[one] = _made(rng, (*path, one), below)
    return made


# --- one hub ----------------------------------------------------------------------------------------------------------
def values(number: int) -> Tree:
    """Return the values of one hub. Maps that stand for lists are written as maps in some hubs, as lists in others."""
    rng = random.Random(number)
    tree: Tree = _made(rng, (), table())
    _one_sign_in(rng, tree)
    _storage(rng, tree)
    _containers(rng, tree)
    _profiles(tree)
    if rng.random() < 0.5:
        page = {name: dict(HOMEPAGE[name]) for name in rng.sample(list(HOMEPAGE), rng.randint(1, 4))}
        put(tree, ("custom", "homepage", "templateVars"), page)
    if rng.random() < 0.1:
        put(tree, ("hub", "config", "KubeSpawner"), None)  # a heading with comments below it
    services = get(tree, ("hub", "services"))
    for one in services.values() if isinstance(services, dict) else ():
        one.setdefault("url", "http://report:8080")
    return tree


def _one_sign_in(rng: random.Random, tree: Tree) -> None:
    """Keep the settings of one sign-in class; some files leave the class to another file."""
    place = ("hub", "config", "JupyterHub", "authenticator_class")
    if get(tree, place):
        put(tree, place, rng.choices(list(METHODS), list(METHODS.values()))[0])
    method = get(tree, place)
    config = get(tree, ("hub", "config"))
    if not isinstance(config, dict):
        return
    for name in [name for name in config if name.endswith("OAuthenticator") or name == "TmpAuthenticator"]:
        if name != "OAuthenticator" and not name.startswith(CLASSES.get(method, "-")):
            del config[name]
    idps = get(config, ("CILogonOAuthenticator", "allowed_idps"))
    for one in idps.values() if isinstance(idps, dict) else ():
        one.setdefault("username_derivation", {"username_claim": "email"})
        if not one.get("allowed_domains"):
            one["allow_all"] = True
    if method == "github":
        config.setdefault("GitHubOAuthenticator", {}).setdefault("allowed_organizations", ["lake-lab"])
    groups = get(config, ("GenericOAuthenticator",))
    if isinstance(groups, dict) and {"allowed_groups", "admin_groups", "auth_state_groups_key"} & groups.keys():
        groups["manage_groups"] = True
        groups.setdefault("auth_state_groups_key", "oauth_user.groups")
    if isinstance(groups, dict):
        groups.pop("allowed_scopes", None)
        if "userdata_url" in groups:
            groups.pop("userdata_from_id_token", None)


def _storage(rng: random.Random, tree: Tree) -> None:
    storage = get(tree, ("singleuser", "storage"))
    if not isinstance(storage, dict):
        return
    if storage.get("type") == "static":
        storage["static"] = {"pvcName": "home-nfs", "subPath": "{escaped_username}"}
    for key, low in (("extraVolumes", "emptyDir"), ("extraVolumeMounts", "mountPath")):
        rows = storage.get(key)
        if not isinstance(rows, dict):
            continue
        for number, row in enumerate(rows.values()):
            if not isinstance(row, dict):
                continue
            row["name"] = "home" if key == "extraVolumeMounts" else f"volume-{number}"
            if low == "mountPath":
                row.setdefault("mountPath", "/home/jovyan/shared")
            elif not {"emptyDir", "persistentVolumeClaim"} & row.keys():
                row["emptyDir"] = {"medium": "Memory"}
            if {"emptyDir", "persistentVolumeClaim"} <= row.keys():
                del row["emptyDir"]
            if "persistentVolumeClaim" in row and not row["persistentVolumeClaim"]:
                row["persistentVolumeClaim"] = {"claimName": "data-archive"}
        if rng.random() < 0.4:  # the older shape
            storage[key] = [row for row in rows.values() if row]


def _containers(rng: random.Random, tree: Tree) -> None:
    user = tree.get("singleuser")
    if not isinstance(user, dict):
        return
    for key, some in (("initContainers", FIRST), ("extraContainers", BESIDE)):
        if key in user:
            user[key] = [dict(one) for one in rng.sample(some, rng.randint(1, len(some)))]
    for name, file in (user.get("extraFiles") or {}).items():
        file.setdefault("mountPath", f"/usr/local/etc/{name}")
        kept = "data" if "data" in file else "stringData"
        file.setdefault("stringData", "Hello\n")
        user["extraFiles"][name] = {key: said for key, said in file.items()
                                    if key in ("mountPath", "mode") or key == kept}  # fmt: skip


def _profiles(tree: Tree) -> None:
    """Set what every profile has, and what no two profiles may share."""
    rows = get(tree, ("singleuser", "profileList"))
    for number, row in enumerate(rows if isinstance(rows, list) else ()):
        if not isinstance(row, dict):
            continue
        row["display_name"] = f"{row.get('display_name', 'Small')} {number + 1}"
        if row.get("slug"):
            row["slug"] = f"{row['slug']}-{number + 1}"
        row["default"] = number == 0
        override = row.get("kubespawner_override")
        if isinstance(override, dict):
            override.pop("default", None)
        for option in (row.get("profile_options") or {}).values():
            option.setdefault("display_name", "Environment")
            free = option.get("unlisted_choice")
            if isinstance(free, dict) and "kubespawner_override" not in free:
                del option["unlisted_choice"]
            for place, (name, choice) in enumerate(dict(option.get("choices") or {}).items()):
                choice.update({"display_name": f"{choice.get('display_name', 'Small')} {place + 1}",
                               "slug": f"{name}-{place}", "default": place == 0})  # fmt: skip
                (choice.get("kubespawner_override") or {}).pop("default", None)
                (choice.get("kubespawner_override") or {}).pop("init_containers", None)


# --- as files ---------------------------------------------------------------------------------------------------------
def files(number: int) -> list[File]:
    """Return the same hub as files: below one or two names, in one file or in two (the later wins), with a comment."""
    rng = random.Random(f"files {number}")
    tree = values(number)
    wrapper = rng.choice(((), ("jupyterhub",), ("jupyterhub",), ("basehub", "jupyterhub")))
    known = [tree]
    if rng.random() < 0.4:
        common: Tree = {}
        own: Tree = {}
        for path, value in leaves(tree):
            put(common if rng.random() < 0.6 else own, path, value)
        if not {"hub", "singleuser"} & own.keys():  # each is recognised by itself
            own["singleuser"] = {}
        known = [common, own]
    found = []
    for place, one in enumerate(known):
        for name in reversed(wrapper):
            one = {name: one}
        text = "# As an operator keeps it.\n" + yaml.safe_dump(one, sort_keys=False, allow_unicode=True)
        found.append(File(f"{'ab'[place]}.values.yaml", text))
    return found


def area(path: Keys) -> str:
    """Return the vocabulary that a leaf belongs to: "profiles", "sign-in" or "pods" (everything else)."""
    if path[:2] == ("singleuser", "profileList"):
        return "profiles"
    if path[:2] == ("hub", "config") and ((path[2:3] and path[2].endswith("Authenticator")) or path[-1] ==
                                          "authenticator_class"):  # fmt: skip
        return "sign-in"
    return "pods"

"""Every field of the form, typed as people type it, and read back from a real hub: from the pod that KubeSpawner
created, from the hub's pages and API, or from JupyterHub's own report of its configuration."""

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubs.spec import FIELDS, HubSpec, from_draft
from hubs.spec.clone_command import CLONE
from hubs.spec.composed import KERNELS_AT
from hubs.spec.sign_in import CLASSES
from provisioning.render import ClusterFacts, NodePool
from tests.runtimes.shapes import AGREED, IMAGES

from .hub_process import BIN, HubProcess
from .server import KubeServer
from .test_hub_configuration import container_of, spec_changes

pytestmark = pytest.mark.kubernetes
GIB = 1024**3
PASSWORDS = {
    "values:hub.config.SharedPasswordAuthenticator.user_password": "eight letters",
    "values:hub.config.SharedPasswordAuthenticator.admin_password": "x" * 32,
}
POOL = NodePool("big", {"pool": "big"}, ({"key": "big", "operator": "Exists", "effect": "NoSchedule"},))
BOTH = {
    "about.title": "Typed", "signIn.method": "shared-password", "signIn.allowAll": "yes", "signIn.adminUsers": "ada",
    "singleuser.memory.limit": "3", "singleuser.memory.guarantee": "0.5", "singleuser.cpu.limit": "1.5",
    "singleuser.cpu.guarantee": "0.2", "hub.services": "report:\n  url: http://report:8080\n",
    "hub.loadRoles": "readers:\n  scopes: ['list:users']\n  users: [mia]\n", "hub.activeServerLimit": "20",
    "hub.concurrentSpawnLimit": "7", "hub.allowNamedServers": "yes", "hub.namedServerLimitPerUser": "3",
    "hub.serverScopes": "read:users:activity!user",
    "hub.redirectToServer": "no", "hub.shutdownOnLogout": "yes", "cull.enabled": "yes", "cull.timeout": "30",
    "cull.every": "3", "cull.maxAge": "600", "cull.users": "yes", "cull.adminUsers": "no",
    "cull.removeNamedServers": "yes", "cull.concurrency": "4", "homePage.text": "Welcome, **all**",
    "homePage.logo": "https://river.example.edu/logo.png", "homePage.website": "https://river.example.edu/",
    "homePage.funder": "The Foundation", "homePage.funderWebsite": "https://foundation.example.org/",
    "singleuser.gpus": "2", "singleuser.nodePool": "big", "singleuser.nodeSelector": "disk=fast",
    "singleuser.tolerations": "gpu=yes:NoSchedule", "singleuser.kernelTimeout": "45",
    "singleuser.image.name": "quay.io/example/geo", "singleuser.image.tag": "7",
    "singleuser.image.pullPolicy": "Always",
    "singleuser.defaultUrl": "/rstudio", "singleuser.cmd": "start-singleuser.sh", "singleuser.extraEnv": "COURSE=101",
    "singleuser.internet": "web", "singleuser.internetExceptions": "203.0.113.7/32 5432",
    "singleuser.startTimeout": "9", "more": "singleuser:\n  extraLabels:\n    course: '101'\n",
    "singleuser.extraFiles": "notes:\n  mountPath: /etc/notes.txt\n  stringData: Hello\n",
    "homePage.organization": "River College", "homePage.designer": "Hubs for All",
    "homePage.designerWebsite": "http://hubs.example.org/", "homePage.operator": "The Computing Centre",
    "homePage.operatorWebsite": "https://centre.example.org/",
    "singleuser.storage.extraVolumes": "- {name: shm, emptyDir: {medium: Memory, sizeLimit: 64Mi}}\n",
    "singleuser.storage.extraVolumeMounts": "- {name: shm, mountPath: /dev/shm}\n"
    "- {name: home, mountPath: /srv/all, readOnly: true, admins: true}\n",
    "singleuser.initContainers": "- {name: first, image: 'busybox:1', command: ['true']}\n",
    "singleuser.extraContainers": "- {name: beside, image: 'busybox:1', command: [sleep, inf]}\n",
    "hub.resources": "{requests: {cpu: 70m}, limits: {memory: 3Gi}}", "hub.nodeSelector": "pool=core",
    "hub.annotations": "prometheus.io/scrape=false",
}  # fmt: skip
DRAFTS = {
    "a file server": {
        **BOTH, "singleuser.storage.type": "static", "singleuser.storage.static.pvcName": "homes",
        "singleuser.storage.static.subPath": "homes/{username}", "singleuser.storage.homeMountPath": "/home/rstudio",
        "singleuser.storage.shared": "admins", "singleuser.storage.allHomes": "yes",
        "singleuser.content.repository": "https://git.example.org/course", "singleuser.content.branch": "2026",
        "singleuser.content.folder": "course",
    },
    "a volume each": {
        **BOTH, "singleuser.storage.type": "dynamic", "singleuser.storage.capacity": "7",
        "singleuser.storage.dynamic.storageClass": "fast", "singleuser.postStart": "sh\n-c\ntrue",
        "singleuser.profileList": "- display_name: Small\n  slug: small\n  default: true\n"
        "- display_name: Large\n  slug: large\n  kubespawner_override: {mem_limit: 2G}\n",
    },
}  # fmt: skip


@dataclass
class Seen:
    """One hub, observed from all sides. `config` is JupyterHub's report of its own configuration."""

    pod: dict[str, Any]
    admin: dict[str, Any]
    config: dict[str, Any]
    page: str
    claims: list[dict[str, Any]]
    egress: str
    files: dict[str, str]
    own: dict[str, Any]  # the hub's own pod, as its Deployment has it

    @property
    def box(self) -> dict[str, Any]:
        return container_of(self.pod)

    @property
    def culler(self) -> str:
        [one] = [one for one in self.config["JupyterHub"]["services"] if one["name"] == "jupyterhub-idle-culler"]
        return " ".join(one["command"])

    def mounts(self, pod: dict[str, Any]) -> dict[str, str]:
        return {mount["mountPath"]: mount.get("subPath", "") for mount in container_of(pod)["volumeMounts"]}


def configured(hub: HubProcess) -> dict[str, Any]:
    """Return the configuration of this JupyterHub with these files: its own `--show-config-json`."""
    argv = [str(BIN / "jupyterhub"), f"--config={hub.folder}/config/jupyterhub_config.py", "--show-config-json"]
    done = subprocess.run(argv, env=hub.environ(), cwd=hub.folder / "state", capture_output=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def look(hub: HubProcess) -> Seen:
    policy = hub.kube.call("GET", f"/apis/networking.k8s.io/v1/namespaces/{hub.namespace}/networkpolicies/singleuser")
    path = f"/apis/apps/v1/namespaces/{hub.namespace}/deployments/hub"
    objects = {key: one for part in hub.release.parts for key, one in part.payload.items()}
    hub.api_client.apply(objects["Deployment/hub"])  # no controller runs here: the hub itself is a process
    files = [one for one in hub.objects("configmaps") if one["metadata"]["name"] == "singleuser-files"]
    return Seen(
        pod=hub.spawn("mia"), admin=hub.spawn("ada"), config=configured(hub),
        page=httpx.get(f"{hub.target.url}hub/login", trust_env=False, timeout=10).text,
        claims=hub.objects("persistentvolumeclaims"),
        egress=json.dumps(policy["spec"]["egress"]), files=files[0]["data"] if files else {},
        own=hub.kube.call("GET", path)["spec"]["template"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def seen(kube: KubeServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Seen]:
    """Both hubs, observed once."""
    found = {}
    facts = ClusterFacts(images=IMAGES, node_pool=POOL)
    for name, draft in DRAFTS.items():
        changes = spec_changes(from_draft(draft))
        folder = tmp_path_factory.mktemp("typed")
        with HubProcess(kube, folder, facts=facts, typed=PASSWORDS, agreed=AGREED, **changes) as hub:
            found[name] = look(hub)
    return found


FILE_SERVER, VOLUME = "a file server", "a volume each"
HUB_TRAITS = {
    "hub.activeServerLimit": ("active_server_limit", 20), "hub.concurrentSpawnLimit": ("concurrent_spawn_limit", 7),
    "hub.allowNamedServers": ("allow_named_servers", True), "hub.redirectToServer": ("redirect_to_server", False),
    "hub.namedServerLimitPerUser": ("named_server_limit_per_user", 3),
    "hub.shutdownOnLogout": ("shutdown_on_logout", True),
}  # fmt: skip
CULLER = {
    "cull.enabled": "jupyterhub_idle_culler", "cull.timeout": "--timeout=1800", "cull.every": "--cull-every=180",
    "cull.maxAge": "--max-age=36000", "cull.users": "--cull-users", "cull.adminUsers": "--cull-admin-users=false",
    "cull.removeNamedServers": "--remove-named-servers", "cull.concurrency": "--concurrency=4",
}  # fmt: skip
ON_PAGE = {
    "homePage.text": "<strong>all</strong>", "homePage.logo": 'src="https://river.example.edu/logo.png"',
    "homePage.website": 'href="https://river.example.edu/"', "homePage.funder": "The Foundation",
    "homePage.funderWebsite": 'href="https://foundation.example.org/"',
    "homePage.organization": "River College", "homePage.designer": "Designed by",
    "homePage.designerWebsite": 'href="http://hubs.example.org/"', "homePage.operator": "The Computing Centre",
    "homePage.operatorWebsite": 'href="https://centre.example.org/"',
}  # fmt: skip
Proof = Callable[[Seen], Any]
PROOFS: dict[str, tuple[str, Proof, Any]] = {  # field: (which hub, what is observed, the expected value)
    "singleuser.image.name": (VOLUME, lambda s: s.box["image"].partition(":")[0], "quay.io/example/geo"),
    "singleuser.image.tag": (VOLUME, lambda s: s.box["image"].partition(":")[2], "7"),
    "singleuser.image.pullPolicy": (VOLUME, lambda s: s.box["imagePullPolicy"], "Always"),
    "singleuser.memory.limit": (VOLUME, lambda s: s.box["resources"]["limits"]["memory"], str(3 * GIB)),
    "singleuser.memory.guarantee": (VOLUME, lambda s: s.box["resources"]["requests"]["memory"], str(GIB // 2)),
    "singleuser.cpu.limit": (VOLUME, lambda s: s.box["resources"]["limits"]["cpu"], "1500m"),
    "singleuser.cpu.guarantee": (VOLUME, lambda s: s.box["resources"]["requests"]["cpu"], "200m"),
    "singleuser.gpus": (VOLUME, lambda s: s.box["resources"]["limits"]["nvidia.com/gpu"], "2"),
    "singleuser.nodePool": (VOLUME, lambda s: s.pod["spec"]["nodeSelector"]["pool"], "big"),
    "singleuser.nodeSelector": (VOLUME, lambda s: s.pod["spec"]["nodeSelector"]["disk"], "fast"),
    "singleuser.tolerations": (
        VOLUME,
        lambda s: {"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}
        in s.pod["spec"]["tolerations"],
        True,
    ),
    "singleuser.kernelTimeout": (
        VOLUME,
        lambda s: json.loads(s.files[s.mounts(s.pod)[KERNELS_AT]])["MappingKernelManager"]["cull_idle_timeout"],
        2700,
    ),
    "singleuser.extraFiles": (
        VOLUME, lambda s: s.files[s.mounts(s.pod)["/etc/notes.txt"]], "Hello"),
    "singleuser.defaultUrl": (VOLUME, lambda s: s.config["KubeSpawner"]["default_url"], "/rstudio"),
    "singleuser.cmd": (VOLUME, lambda s: s.box["args"][0], "start-singleuser.sh"),
    "singleuser.extraEnv": (VOLUME, lambda s: {"name": "COURSE", "value": "101"} in s.box["env"], True),
    "singleuser.internet": (VOLUME, lambda s: '"port": 443' in s.egress and "0.0.0.0/0" in s.egress, True),
    "singleuser.internetExceptions": (VOLUME, lambda s: "203.0.113.7/32" in s.egress and "5432" in s.egress, True),
    "singleuser.startTimeout": (VOLUME, lambda s: s.config["KubeSpawner"]["start_timeout"], 540),
    "singleuser.profileList": (
        VOLUME, lambda s: [one["slug"] for one in s.config["KubeSpawner"]["profile_list"]], ["small", "large"]),
    "singleuser.storage.type": (FILE_SERVER, lambda s: s.pod["spec"]["volumes"][0]["name"], "home"),
    "singleuser.storage.capacity": (
        VOLUME, lambda s: {c["spec"]["resources"]["requests"]["storage"] for c in s.claims} >= {"7Gi"}, True),
    "singleuser.storage.dynamic.storageClass": (
        VOLUME, lambda s: "fast" in {c["spec"].get("storageClassName") for c in s.claims}, True),
    "singleuser.storage.static.pvcName": (
        FILE_SERVER, lambda s: s.pod["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"], "homes"),
    "singleuser.storage.static.subPath": (
        FILE_SERVER, lambda s: s.mounts(s.pod)["/home/rstudio"], "homes/mia"),
    "singleuser.storage.homeMountPath": (FILE_SERVER, lambda s: "/home/rstudio" in s.mounts(s.pod), True),
    "singleuser.storage.shared": (
        FILE_SERVER,
        lambda s: (s.mounts(s.pod).get("/home/rstudio/shared"), "/home/rstudio/shared-readwrite" in s.mounts(s.pod),
                   s.mounts(s.admin).get("/home/rstudio/shared-readwrite")),
        ("_shared", False, "_shared"),
    ),
    "singleuser.storage.allHomes": (
        FILE_SERVER,
        lambda s: ("/home/rstudio/allusers" in s.mounts(s.pod), "/home/rstudio/allusers" in s.mounts(s.admin)),
        (False, True),
    ),
    "singleuser.content.repository": (
        FILE_SERVER, lambda s: s.box["lifecycle"]["postStart"]["exec"]["command"][2:5],
        [CLONE, "content", "https://git.example.org/course"]),
    "singleuser.content.branch": (
        FILE_SERVER, lambda s: s.box["lifecycle"]["postStart"]["exec"]["command"][5], "2026"),
    "singleuser.content.folder": (
        FILE_SERVER, lambda s: s.box["lifecycle"]["postStart"]["exec"]["command"][6], "course"),
    "singleuser.postStart": (
        VOLUME, lambda s: s.box["lifecycle"]["postStart"]["exec"]["command"], ["sh", "-c", "true"]),
    "singleuser.storage.extraVolumes": (
        VOLUME, lambda s: [v["emptyDir"] for v in s.pod["spec"]["volumes"] if v["name"] == "shm"],
        [{"medium": "Memory", "sizeLimit": "64Mi"}]),
    "singleuser.storage.extraVolumeMounts": (
        VOLUME, lambda s: [{"/dev/shm", "/srv/all"} & s.mounts(pod).keys() for pod in (s.pod, s.admin)],
        [{"/dev/shm"}, {"/dev/shm", "/srv/all"}]),
    "singleuser.initContainers": (VOLUME, lambda s: [c["name"] for c in s.pod["spec"]["initContainers"]], ["first"]),
    "singleuser.extraContainers": (
        VOLUME, lambda s: "beside" in {c["name"] for c in s.pod["spec"]["containers"]}, True),
    "hub.resources": (
        VOLUME, lambda s: s.own["spec"]["containers"][0]["resources"],
        {"requests": {"cpu": "70m", "memory": "256Mi"}, "limits": {"memory": "3Gi"}}),
    "hub.nodeSelector": (VOLUME, lambda s: s.own["spec"]["nodeSelector"], {"pool": "core"}),
    "hub.annotations": (VOLUME, lambda s: s.own["metadata"]["annotations"]["prometheus.io/scrape"], "false"),
    "hub.services": (
        VOLUME, lambda s: [r["url"] for r in s.config["JupyterHub"]["services"] if r["name"] == "report"],
        ["http://report:8080"]),
    "hub.loadRoles": (
        VOLUME, lambda s: [r["scopes"] for r in s.config["JupyterHub"]["load_roles"] if r["name"] == "readers"],
        [["list:users"]]),
    "hub.serverScopes": (
        VOLUME, lambda s: s.config["Spawner"]["oauth_client_allowed_scopes"], ["read:users:activity!user"]),
    "more": (VOLUME, lambda s: s.pod["metadata"]["labels"]["course"], "101"),
    **{path: (VOLUME, lambda s, name=name: s.config["JupyterHub"][name], value)  # type: ignore[misc]
       for path, (name, value) in HUB_TRAITS.items()},
    **{path: (VOLUME, lambda s, word=word: word in s.culler, True)  # type: ignore[misc]
       for path, word in CULLER.items()},
    **{path: (VOLUME, lambda s, word=word: word in s.page, True) for path, word in ON_PAGE.items()},  # type: ignore[misc]
}  # fmt: skip


@pytest.mark.parametrize("path", PROOFS)
def test_typed_values_reach_the_hub(path: str, seen: dict[str, Seen]):
    name, what, expected = PROOFS[path]
    assert what(seen[name]) == expected


# --- sign-in ----------------------------------------------------------------------------------------------------------
SIGN_IN: dict[str, dict[str, str]] = {
    "github": {
        "github.client_id": "Iv1", "github.allowed_organizations": "river-lab\nlake:students",
        "github.scope": "read:org", "github.populate_teams_in_auth_state": "yes", "enableAuthState": "yes",
        "manageGroups": "yes", "session.auto_login": "yes", "session.auth_refresh_age": "10",
    },
    "google": {
        "google.client_id": "g", "google.hosted_domain": "example.edu", "allowedUsers": "mia",
        "google.strip_domain": "yes", "google.username_claim": "email", "session.blocked_users": "eve",
        "session.allow_existing_users": "yes", "session.delete_invalid_users": "yes",
    },
    "cilogon": {
        "cilogon.client_id": "c", "cilogon.institutions": "https://idp.example.edu/shibboleth",
        "cilogon.username_claim": "eppn", "cilogon.allowed_domains": "example.edu",
    },
    "generic-oauth": {
        "oauth.client_id": "o", "oauth.authorize_url": "https://sso.example.edu/a",
        "oauth.token_url": "https://sso.example.edu/t", "oauth.userdata_url": "https://sso.example.edu/u",
        "oauth.scope": "openid\nemail", "oauth.username_claim": "email", "oauth.manage_groups": "yes",
        "oauth.auth_state_groups_key": "oauth_user.groups", "oauth.allowed_groups": "geo",
        "oauth.admin_groups": "staff", "enableAuthState": "yes", "session.refresh_pre_spawn": "yes",
        "service.login_service": "River", "service.logout_redirect_url": "https://sso.example.edu/out",
        "service.allowed_scopes": "email", "service.extra_authorize_params": "audience=https://hub.example.org",
        "service.custom_403_message": "Ask Ines.",
    },
    "generic-oauth, data with the token": {
        "oauth.client_id": "o", "oauth.authorize_url": "https://sso.example.edu/a",
        "oauth.token_url": "https://sso.example.edu/t", "oauth.userdata_from_id_token": "yes",
        "oauth.username_claim": "email", "allowAll": "yes",
    },
    "lti13": {
        "lti13.issuer": "https://canvas.example.edu", "lti13.client_id": "1\n2",
        "lti13.authorize_url": "https://canvas.example.edu/a", "lti13.jwks_endpoint": "https://canvas.example.edu/j",
        "lti13.username_key": "email",
    },
    "shared-password": {"allowAll": "yes", "adminUsers": "ada"},
    "native": {
        "allowedUsers": "mia\nomar", "adminUsers": "ada", "native.open_signup": "yes", "native.enable_signup": "yes",
        "native.ask_email_on_signup": "yes", "native.minimum_password_length": "12",
        "native.check_common_password": "yes", "native.allowed_failed_logins": "3",
        "native.seconds_before_next_try": "10",
    },
    "firstuse": {"allowAll": "yes", "firstuse.create_users": "yes", "firstuse.min_password_length": "9"},
    "tmp": {},
}  # fmt: skip


def sign_in_spec(method: str) -> HubSpec:
    typed = {f"signIn.{name}": text for name, text in SIGN_IN[method].items()}
    return from_draft({"about.title": "Typed", "signIn.method": method.partition(",")[0], **typed})


@pytest.mark.parametrize("method", SIGN_IN)
def test_typed_sign_in_settings_reach_the_hub(method: str, kube: KubeServer, tmp_path: Path):
    spec = sign_in_spec(method)
    method = spec.signIn.method
    hub = HubProcess(kube, tmp_path, **spec_changes(spec))
    hub.make_room()
    hub.write_files()
    config = configured(hub)
    own = {"native": "PortalNativeAuthenticator", "firstuse": "PortalFirstUseAuthenticator"}
    assert own.get(method, CLASSES[method][0]) in config["JupyterHub"]["authenticator_class"]
    for path, field in FIELDS.items():
        said = re.fullmatch(r"hub\.config\.(\w+)\.(\w+)", field.values_path)
        if said and f"signIn.{path.removeprefix('signIn.')}" == path and field.asked(spec) and field.read(spec):
            value = field.read(spec)
            told = config[said[1]][said[2]]
            assert told == (list(value) if isinstance(value, tuple) else value), path
    if method == "cilogon":
        [(institution, rules)] = config["CILogonOAuthenticator"]["idps"].items()
        assert institution == "https://idp.example.edu/shibboleth"
        assert rules["allowed_domains"] == ["example.edu"]
        assert rules["username_derivation"]["username_claim"] == "eppn"


def test_every_field_is_tested():
    """Except what only the portal reads: the name, the dates, the number of people."""
    signed = {f"signIn.{name}" for typed in SIGN_IN.values() for name in typed} | {"signIn.method"}
    portal = {path for path in FIELDS if path.startswith("about.")}
    assert set(FIELDS) - portal == set(PROOFS) | signed

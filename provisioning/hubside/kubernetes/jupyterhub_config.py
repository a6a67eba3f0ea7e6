"""The configuration of a hub in a cluster. Loaded by `jupyterhub` in its own pod: not a module of the portal.

Everything that differs between hubs is in values.json (Zero to JupyterHub values, and `custom` from the portal) and in
the files of the Secret. This file turns them into traits, as Zero to JupyterHub 4.4 does.
"""

import hmac
import json
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from jupyterhub.handlers.base import BaseHandler  # type: ignore[import-untyped]
from jupyterhub.user import User  # type: ignore[import-untyped]

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821

CONFIG = Path(os.environ.get("HUBPORTAL_CONFIG", "/usr/local/etc/jupyterhub"))
SECRETS = Path(os.environ.get("HUBPORTAL_SECRETS", "/etc/jupyterhub/secret"))
STATE = Path(os.environ.get("HUBPORTAL_STATE", "/srv/jupyterhub"))
sys.path.insert(0, str(CONFIG))
import offers  # type: ignore[import-not-found]  # noqa: E402
from hub_groups import Groups, Ledger, follow_sign_ins, said_before  # type: ignore[import-not-found]  # noqa: E402
from languages import follow, read, say  # type: ignore[import-not-found]  # noqa: E402
from material import take_reports  # type: ignore[import-not-found]  # noqa: E402
from people_servers import PeopleSpawner  # type: ignore[import-not-found]  # noqa: E402
from sign_in_methods import AdminPassword, prepare  # type: ignore[import-not-found]  # noqa: E402
from user_limits import LimitedSpawner, Portal  # type: ignore[import-not-found]  # noqa: E402

values: dict[str, Any] = json.loads((CONFIG / "values.json").read_text(encoding="utf-8"))
if (SECRETS / "values.json").exists():  # entered secrets: each is set at its path
    for (*above, name), text in json.loads((SECRETS / "values.json").read_text(encoding="utf-8")):
        # The portal sends only existing paths or maps (provisioning.render.values.typed_secrets).
        place: Any = values
        for step in above:
            place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
        if above[:2] == ["singleuser", "extraEnv"] or "environment" in above:
            text = text.replace("{", "{{").replace(
                "}", "}}"
            )  # KubeSpawner halves them again: the secret stays unchanged
        place[int(name) if isinstance(place, list) else name] = text
hub, singleuser, cull, custom = values["hub"], values["singleuser"], values.get("cull", {}), values["custom"]
REVISION = os.environ["HUBPORTAL_REVISION"]


def secret(name: str) -> str:
    return (SECRETS / name).read_text(encoding="utf-8").strip()


if {custom["revision"], secret("revision")} != {REVISION}:
    # The kubelet may mount an earlier version. The next start of the container finds the new one.
    sys.exit("The mounted files do not belong to this pod's revision yet. Restarting.")


def given(section: dict[str, Any], target: Any, **traits: str) -> None:
    """Set target.trait from section[key], for the keys that exist."""
    for key, trait in traits.items():
        if section.get(key) is not None:
            target[trait] = section[key]


# --- addresses --------------------------------------------------------------------------------------------------------
c.JupyterHub.hub_bind_url = f"http://:{os.environ.get('HUBPORTAL_HUB_PORT', '8081')}"
c.JupyterHub.hub_connect_url = os.environ.get("HUBPORTAL_HUB_URL", "http://hub:8081")
c.JupyterHub.base_url = hub["baseUrl"]
c.JupyterHub.public_url = custom["url"]
c.ConfigurableHTTPProxy.should_start = False  # it keeps running when the hub stops, like people's servers
c.ConfigurableHTTPProxy.api_url = os.environ.get("HUBPORTAL_PROXY_API", "http://proxy-api:8001")
c.ConfigurableHTTPProxy.auth_token = os.environ["CONFIGPROXY_AUTH_TOKEN"]
c.JupyterHub.cleanup_servers = False
c.JupyterHub.last_activity_interval = 60  # seconds; also the delay until a restarted proxy gets its routes again
c.JupyterHub.tornado_settings = {
    "slow_spawn_timeout": 0,
    # Sent by /hub/health: this is how the portal knows which configuration is running.
    "headers": {"X-Hub-Revision": REVISION},
}

# --- data -------------------------------------------------------------------------------------------------------------
c.JupyterHub.db_url = f"sqlite:///{STATE / 'jupyterhub.sqlite'}"
c.JupyterHub.cookie_secret = bytes.fromhex(secret("cookie_secret"))
c.CryptKeeper.keys = [bytes.fromhex(key) for key in secret("crypt_key").split()]  # the first one encrypts

# --- limits and pages -------------------------------------------------------------------------------------------------
given(
    hub, c.JupyterHub,
    concurrentSpawnLimit="concurrent_spawn_limit", activeServerLimit="active_server_limit",
    allowNamedServers="allow_named_servers", namedServerLimitPerUser="named_server_limit_per_user",
    redirectToServer="redirect_to_server", shutdownOnLogout="shutdown_on_logout",
)  # fmt: skip
given(hub, c.Spawner, consecutiveFailureLimit="consecutive_failure_limit")
c.JupyterHub.template_paths = [*hub.get("templatePaths", []), str(CONFIG / "pages")]
c.JupyterHub.template_vars = {name: value for name, value in hub.get("templateVars", {}).items() if value}
read(CONFIG / "words.json")
follow(BaseHandler)
LimitedSpawner.say = AdminPassword.say = staticmethod(say)

# --- people's servers -------------------------------------------------------------------------------------------------
c.JupyterHub.spawner_class = PeopleSpawner
if portal_url := hub["templateVars"].get("portal_url"):  # an exported hub has none
    file = STATE / "user-limits.json"
    LimitedSpawner.portal = Portal(portal_url, custom["uid"], secret("oauth_client_secret"), file)
    take_reports(LimitedSpawner.portal, values)
spawner = c.KubeSpawner
spawner.namespace = os.environ["POD_NAMESPACE"]
spawner.common_labels = {  # of pods and home volumes
    "app": "jupyterhub",
    "release": custom["release"],
    "app.kubernetes.io/name": "jupyterhub",
    "app.kubernetes.io/instance": custom["release"],
    "app.kubernetes.io/managed-by": "kubespawner",
    "hubportal/hub": custom["uid"],
}
PeopleSpawner.ours = custom.get("ours", {})
PeopleSpawner.fixed_labels = {
    **spawner.common_labels,
    "app.kubernetes.io/component": "singleuser-server",
    "component": "singleuser-server",
    "hub.jupyter.org/network-access-hub": "true",
}
spawner.extra_labels = {"hub.jupyter.org/network-access-hub": "true", **singleuser.get("extraLabels", {})}
image = singleuser["image"]
spawner.image = f"{image['name']}:{image['tag']}"
given(image, spawner, pullPolicy="image_pull_policy", pullSecrets="image_pull_secrets")
given(singleuser.get("memory", {}), spawner, limit="mem_limit", guarantee="mem_guarantee")
cpu = singleuser.get("cpu", {})
given(cpu, spawner, limit="cpu_limit")
# KubeSpawner omits 0, and Kubernetes would then reserve as much as the limit.
spawner.cpu_guarantee = cpu.get("guarantee") or 0.001
given(
    singleuser, spawner,
    startTimeout="start_timeout", nodeSelector="node_selector", extraTolerations="tolerations",
    lifecycleHooks="lifecycle_hooks",
    profileList="profile_list", uid="uid", fsGid="fs_gid", extraAnnotations="extra_annotations",
    extraPodConfig="extra_pod_config", extraEnv="environment", defaultUrl="default_url", cmd="cmd",
)  # fmt: skip
spawner.http_timeout = 60
spawner.events_enabled = True  # the page of a starting server shows events of Kubernetes
resources = singleuser.get("extraResource", {})
given(resources, spawner, limits="extra_resource_limits", guarantees="extra_resource_guarantees")
# The Pod Security Standard "restricted" requires all of this.
spawner.automount_service_account_token = False
spawner.allow_privilege_escalation = False
spawner.pod_security_context = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
within = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
spawner.container_security_context = within
for key, trait in {"initContainers": "init_containers", "extraContainers": "extra_containers"}.items():
    rules = {"runAsUser": singleuser.get("uid", 1000), **within}  # otherwise an image that runs as root would not start
    more = singleuser.get(key, [])
    spawner[trait] = [{**one, "securityContext": {**rules, **(one.get("securityContext") or {})}} for one in more]

# --- people's files ---------------------------------------------------------------------------------------------------
spawner.delete_pvc = False  # deleting a user never deletes their files
storage = singleuser["storage"]
volumes, mounts = [], []
dynamic = storage.get("dynamic", {}) if storage["type"] == "dynamic" else {}
claim = dynamic.get("volumeNameTemplate") or "home"
home: dict[str, Any] = {"name": claim, "mountPath": storage.get("homeMountPath", "/home/jovyan")}
if storage["type"] == "dynamic":
    spawner.storage_pvc_ensure = True
    spawner.storage_capacity = storage.get("capacity") or "10Gi"
    spawner.storage_access_modes = dynamic.get("storageAccessModes", ["ReadWriteOnce"])
    given(dynamic, spawner, storageClass="storage_class")
    spawner.pvc_name_template = dynamic.get("pvcNameTemplate") or "claim-{user_server}"
    volumes = [{"name": claim, "persistentVolumeClaim": {"claimName": "{pvc_name}"}}]
    mounts = [home]
elif storage["type"] == "static":
    volumes = [{"name": "home", "persistentVolumeClaim": {"claimName": storage["static"]["pvcName"]}}]
    mounts = [{**home, "subPath": storage["static"].get("subPath") or "{username}"}]
for number, (_, file) in enumerate(sorted(singleuser.get("extraFiles", {}).items())):
    # Mounted one by one, so that other files in the image's folder stay.
    mounts.append({"name": "files", "mountPath": file["mountPath"], "subPath": f"file-{number}", "readOnly": True})
if singleuser.get("extraFiles"):
    volumes.append({"name": "files", "configMap": {"name": "singleuser-files"}})
spawner.volumes = [*volumes, *storage.get("extraVolumes", [])]
spawner.volume_mounts = [*mounts, *storage.get("extraVolumeMounts", [])]
PeopleSpawner.open_images = tuple(custom.get("openImages", ()))
PeopleSpawner.admin_mounts = custom.get("singleuserAdmin", {}).get("extraVolumeMounts", [])


# --- the portal's requests: they come through the API server's proxy, which uses Authorization itself -----------------
def portal_token(original: Any = BaseHandler.get_auth_token) -> Any:
    """Copy our own header to Authorization, only for the portal's token. JupyterHub does not log it."""

    def get_auth_token(handler: Any) -> Any:
        given = handler.request.headers.pop("X-Hubportal-Token", "")
        if hmac.compare_digest(given.encode(), secret("portal_service_token").encode()):
            handler.request.headers["Authorization"] = f"token {given}"
        return original(handler)

    return get_auth_token


BaseHandler.get_auth_token = portal_token()

# --- services and their roles -----------------------------------------------------------------------------------------
# The name depends on the token: JupyterHub keeps all tokens that a service of this name ever had, and only deletes them
# with a service that is no longer configured.
portal = f"portal-{sha256(secret('portal_service_token').encode()).hexdigest()[:12]}"
c.JupyterHub.services = [{"name": portal, "api_token": secret("portal_service_token"), "display": False}]
for name, service in hub.get("services", {}).items():
    c.JupyterHub.services.append({"name": name, **service})
roles = hub.get("loadRoles", {})
if "portal" in roles:
    roles["portal"] = {**roles["portal"], "services": [portal]}
c.JupyterHub.load_roles = [{"name": name, **role} for name, role in roles.items()]
if cull.get("enabled", True):
    command = [
        sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={cull.get('timeout', 3600)}",
        f"--cull-every={cull.get('every', 600)}", f"--max-age={cull.get('maxAge', 0)}",
        # Inside the pod: network policies may not allow access through its own Service.
        f"--url=http://127.0.0.1:{os.environ.get('HUBPORTAL_HUB_PORT', '8081')}{hub['baseUrl']}hub/api",
    ]  # fmt: skip
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    command.append(f"--concurrency={cull.get('concurrency', 10)}")
    if not cull.get("adminUsers", True):
        command.append("--cull-admin-users=false")
    if cull.get("removeNamedServers"):
        command.append("--remove-named-servers")
    if cull.get("users"):
        command.append("--cull-users")
        scopes.append("admin:users")
    c.JupyterHub.services.append({"name": "jupyterhub-idle-culler", "command": command, "display": False})
    c.JupyterHub.load_roles.append(
        {"name": "jupyterhub-idle-culler", "services": ["jupyterhub-idle-culler"], "scopes": scopes}
    )

# --- sign-in, and other settings by class: last, as in Zero to JupyterHub ---------------------------------------------
# Whatever the portal sent: settings can't change the hub's addresses and controls, not even through a parent class.
OURS = (
    "ConfigurableHTTPProxy", "CryptKeeper", "Proxy", "Application", "PortalAuthenticator", "Configurable",
    "LoggingConfigurable", "SingletonConfigurable", "MultipleInstanceConfigurable", "HasTraits",
)  # fmt: skip
THEIRS = ("authenticator_class", "admin_access", "default_url", "logout_redirect_url", "load_groups")  # of JupyterHub
for name, traits in hub["config"].items():
    if name not in OURS:
        c[name].update({key: said for key, said in traits.items() if name != "JupyterHub" or key in THEIRS})
prepare(c)
# A redirect from a sign-in service would send the hub's secrets elsewhere.
c.GenericOAuthenticator.http_request_kwargs = {"follow_redirects": False}
if custom["portalSignIn"]:
    from portal_sign_in import PortalAuthenticator  # type: ignore[import-not-found]

    c.JupyterHub.authenticator_class = PortalAuthenticator
    c.PortalAuthenticator.client_secret = secret("oauth_client_secret")
    PortalAuthenticator.callbacks = custom.get("callbacks", {})
    PortalAuthenticator.title, PortalAuthenticator.say = custom.get("title", ""), staticmethod(say)
    c.Authenticator.auth_refresh_age = 60  # seconds until a page of the hub asks the portal again
    c.Authenticator.refresh_pre_spawn = (
        True  # people who were removed from the list can't start a server, even before that time
    )

# --- groups: from the people list in the portal, from the sign-in, and from hub admins; see hub_groups.py -------------
managed = any(traits.get("manage_groups") for traits in hub["config"].values() if isinstance(traits, dict))
before = said_before(STATE / "jupyterhub.sqlite") if managed else {}
LimitedSpawner.groups = Groups(Ledger(STATE / "groups.json", before), offers, roles=custom["portalSignIn"])
LimitedSpawner.groups.take_over(User)
if not custom["portalSignIn"]:  # which has its own groups
    follow_sign_ins(BaseHandler, LimitedSpawner.follow)

# --- code that staff added: last, so that it can change everything ----------------------------------------------------
for name, code in sorted(hub.get("extraConfig", {}).items()):
    exec(compile(code, f"hub.extraConfig.{name}", "exec"))  # noqa: S102 - as in the chart; only staff can write it

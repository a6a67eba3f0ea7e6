"""The configuration of a hub on one machine. Loaded by `jupyterhub` in its own process: not a module of the portal.

Everything that differs between hubs is in two files in the state folder: config.json (Zero to JupyterHub values) and
secrets.json. This file turns them into traits; both are described in the documentation of JupyterHub and z2jh.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from hashlib import sha256
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import Any

from jupyterhub.handlers.base import BaseHandler  # type: ignore[import-untyped]
from jupyterhub.spawner import SimpleLocalProcessSpawner  # type: ignore[import-untyped]
from jupyterhub.user import User  # type: ignore[import-untyped]
from traitlets import List, Unicode

PORTAL = Path(__file__).resolve().parents[3]
COMMON = PORTAL / "provisioning" / "hubside" / "common"
sys.path.insert(0, str(COMMON))
from hub_groups import Groups, Ledger, follow_sign_ins, said_before  # type: ignore[import-not-found]  # noqa: E402
from languages import follow, read, say  # type: ignore[import-not-found]  # noqa: E402
from material import take_reports  # type: ignore[import-not-found]  # noqa: E402
from portal_sign_in import PortalAuthenticator  # type: ignore[import-not-found]  # noqa: E402
from sign_in_methods import AdminPassword, prepare  # type: ignore[import-not-found]  # noqa: E402
from user_limits import LimitedSpawner, Portal  # type: ignore[import-not-found]  # noqa: E402

# Loaded by path: its folder has files with names of Python's own modules.
offers = SimpleNamespace(**run_path(str(PORTAL / "hubs" / "spec" / "offers.py")))
c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821

STATE, HOMES = Path(os.environ["HUBPORTAL_STATE"]), Path(os.environ["HUBPORTAL_HOMES"])
MARKS = {name: os.environ[name] for name in ("HUBPORTAL_HOME", "HUBPORTAL_HUB")}
config: dict[str, Any] = json.loads((STATE / "config.json").read_text(encoding="utf-8"))
secrets: dict[str, Any] = json.loads((STATE / "secrets.json").read_text(encoding="utf-8"))
values, ports, url = config["values"], config["ports"], config["url"]
for (*above, name), text in secrets.get("values", []):  # entered secrets: each is set at its path
    place: Any = values
    for step in above:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    place[int(name) if isinstance(place, list) else name] = text
hub, singleuser, cull = values["hub"], values["singleuser"], values["cull"]

# A Celery worker ignores SIGINT, which is inherited: without this, notebook cells could not be interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)

# --- addresses: path and port in one trait; base_url in addition to bind_url would open all interfaces ----------------
c.JupyterHub.bind_url = f"http://127.0.0.1:{ports['public']}{hub['baseUrl']}"
c.JupyterHub.public_url = url
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = ports["hub"]
c.ConfigurableHTTPProxy.should_start = False  # it keeps running when the hub stops, like people's servers
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{ports['api']}"
c.ConfigurableHTTPProxy.auth_token = secrets["proxy_auth_token"]
c.JupyterHub.cleanup_servers = False
c.JupyterHub.last_activity_interval = 5  # seconds; also the delay until a restarted proxy gets its routes again
# Sent by /hub/health: this is how the portal knows which configuration is running.
c.JupyterHub.tornado_settings = {"headers": {"X-Hub-Revision": os.environ["HUBPORTAL_DIGEST"]}}

# --- data -------------------------------------------------------------------------------------------------------------
c.JupyterHub.db_url = f"sqlite:///{STATE / 'jupyterhub.sqlite'}"
c.JupyterHub.upgrade_db = True
c.JupyterHub.cookie_secret = bytes.fromhex(secrets["cookie_secret"])
c.CryptKeeper.keys = [bytes.fromhex(key) for key in secrets["crypt_key"].split()]  # the first one encrypts

# --- limits and pages -------------------------------------------------------------------------------------------------
c.JupyterHub.concurrent_spawn_limit = hub.get("concurrentSpawnLimit", 64)
c.JupyterHub.active_server_limit = hub.get("activeServerLimit", 0)
c.JupyterHub.allow_named_servers = hub.get("allowNamedServers", False)
for key, trait in {
    "namedServerLimitPerUser": "named_server_limit_per_user",
    "redirectToServer": "redirect_to_server",
    "shutdownOnLogout": "shutdown_on_logout",
}.items():
    if key in hub:
        c.JupyterHub[trait] = hub[key]
c.JupyterHub.template_paths = [str(COMMON / "pages")]
c.JupyterHub.template_vars = {name: value for name, value in hub["templateVars"].items() if value}
read(STATE / "words.json")
follow(BaseHandler)
LimitedSpawner.say = AdminPassword.say = staticmethod(say)


# --- sign-in ----------------------------------------------------------------------------------------------------------
for name, traits in hub["config"].items():
    c[name].update(traits)
prepare(c)
# A redirect from a sign-in service would send the hub's secrets elsewhere.
c.GenericOAuthenticator.http_request_kwargs = {"follow_redirects": False}
if config["portalSignIn"]:
    c.JupyterHub.authenticator_class = PortalAuthenticator
    c.PortalAuthenticator.client_secret = secrets["oauth_client_secret"]
    PortalAuthenticator.title, PortalAuthenticator.say = config.get("title", ""), staticmethod(say)
    c.Authenticator.auth_refresh_age = 60  # seconds until a page of the hub asks the portal again
    c.Authenticator.refresh_pre_spawn = (
        True  # people who were removed from the list can't start a server, even before that time
    )
# User names are used as names of folders.
c.Authenticator.username_pattern = r"^[^./\\\s][^/\\\x00-\x1f]{0,254}$"


# --- people's servers -------------------------------------------------------------------------------------------------
class HomeSpawner(LimitedSpawner, SimpleLocalProcessSpawner):
    """One process per server, one folder per person. The start-up command, such as a clone, runs before the server."""

    first = List(Unicode(), help="Program and its arguments. If it fails, the server does not start.", config=True)

    _begun = 0  # its process group

    async def start(self) -> Any:
        if self.first:
            os.makedirs(self.home_dir, 0o755, exist_ok=True)
            await self._begin(self.get_env())
        return await super().start()

    async def stop(self, now: bool = False) -> None:
        self._end_begun()
        await super().stop(now)

    async def _begin(self, env: dict[str, str]) -> None:
        """Run the start-up command. Its errors go to the hub's log. Processes that it leaves end with the server."""
        null, code = asyncio.subprocess.DEVNULL, None
        process = await asyncio.create_subprocess_exec(
            *self.first, cwd=self.home_dir, env=env, stdin=null, stdout=null, start_new_session=True
        )
        self._begun = process.pid
        try:
            code = await process.wait()
        finally:
            if code != 0:  # it failed, or the start was cancelled
                self._end_begun()
        if code:
            raise RuntimeError(self.say("The start-up command failed with exit code {code}.", code=code))

    def _end_begun(self) -> None:
        """End the start-up command's process group, whose number is not reused while one of its processes runs."""
        group, self._begun = self._begun, 0
        if group and (not Path(f"/proc/{group}").exists() or self._is_ours(group)):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def load_state(self, state: dict[str, Any]) -> None:
        """Ignore a stored pid without our marks: after a reboot it may belong to another process."""
        super().load_state(state)
        if state.get("pid") and not self._is_ours(state["pid"]):
            self.pid = 0

    def _is_ours(self, pid: int) -> bool:
        try:
            environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except FileNotFoundError:
            return not Path("/proc/self").exists()  # no /proc (macOS): trust the pid
        except OSError:
            return False
        wanted = {**MARKS, "JUPYTERHUB_USER": self.user.name, "JUPYTERHUB_SERVER_NAME": self.name}
        return all(f"{key}={value}".encode() in environ for key, value in wanted.items())


def forget_home(spawner: Any) -> None:
    """Delete the home after the server stops, for storage type "none"."""
    shutil.rmtree(spawner.home_dir, ignore_errors=True)


c.JupyterHub.spawner_class = HomeSpawner
portal_url, me, file = hub["templateVars"]["portal_url"], MARKS["HUBPORTAL_HUB"], STATE / "user-limits.json"
LimitedSpawner.portal = Portal(portal_url, me, secrets["oauth_client_secret"], file)
take_reports(LimitedSpawner.portal, values)
# Groups come from the people list in the portal, from the sign-in, and from hub admins; see hub_groups.py.
managed = any(traits.get("manage_groups") for traits in hub["config"].values())
before = said_before(STATE / "jupyterhub.sqlite") if managed else {}
LimitedSpawner.groups = Groups(Ledger(STATE / "groups.json", before), offers, roles=config["portalSignIn"])
LimitedSpawner.groups.take_over(User)
if not config["portalSignIn"]:  # which has its own groups
    follow_sign_ins(BaseHandler, LimitedSpawner.follow)
c.Spawner.cmd = [str(Path(sys.executable).parent / "jupyterhub-singleuser")]
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
kernels = singleuser.get("extraFiles", {}).get("jupyter_server_config.json", {}).get("data") or {}
kernels = kernels.get("MappingKernelManager")
for name, value in kernels.items() if isinstance(kernels, dict) else ():  # a file can contain anything
    c.Spawner.args.append(f"--MappingKernelManager.{name}={value}")
c.Spawner.environment = {**singleuser.get("extraEnv", {}), **MARKS, "HUBPORTAL_PART": "server"}
first: Any = singleuser
for name in ("lifecycleHooks", "postStart", "exec", "command"):  # a file can contain anything
    first = first.get(name) if isinstance(first, dict) else None
c.HomeSpawner.first = [str(word) for word in first] if isinstance(first, list) else []
if "defaultUrl" in singleuser:
    c.Spawner.default_url = singleuser["defaultUrl"]
c.Spawner.start_timeout = singleuser.get("startTimeout", 300)
c.Spawner.http_timeout = 60
c.LocalProcessSpawner.interrupt_timeout = c.LocalProcessSpawner.term_timeout = 10
# Available in notebooks as MEM_LIMIT, CPU_LIMIT, ...; not enforced on one machine.
for key, name in {"memory": "mem", "cpu": "cpu"}.items():
    for bound, value in singleuser.get(key, {}).items():
        c.Spawner[f"{name}_{bound}"] = value
if singleuser["storage"]["type"] == "none":
    c.SimpleLocalProcessSpawner.home_dir_template = str(STATE / "temporary" / "{username}")
    c.Spawner.post_stop_hook = forget_home
    (STATE / "temporary").mkdir(mode=0o700, exist_ok=True)
else:
    c.SimpleLocalProcessSpawner.home_dir_template = str(HOMES / "{username}")

# --- services and their roles -----------------------------------------------------------------------------------------
# The name depends on the token: JupyterHub keeps all tokens that a service of this name ever had, and only deletes them
# with a service that is no longer configured.
portal = f"portal-{sha256(secrets['portal_service_token'].encode()).hexdigest()[:12]}"
c.JupyterHub.services = [{"name": portal, "api_token": secrets["portal_service_token"], "display": False}]
for name, service in hub.get("services", {}).items():
    c.JupyterHub.services.append({"name": name, **service})
roles = hub["loadRoles"] | {"portal": {**hub["loadRoles"]["portal"], "services": [portal]}}
c.JupyterHub.load_roles = [{"name": name, **role} for name, role in roles.items()]
if cull["enabled"]:
    command = [sys.executable, "-m", "jupyterhub_idle_culler"]
    command += [
        f"--timeout={cull.get('timeout', 3600)}",
        f"--cull-every={cull.get('every', 600)}",
        f"--max-age={cull.get('maxAge', 0)}",
    ]
    command.append(f"--concurrency={cull.get('concurrency', 10)}")
    if not cull.get("adminUsers", True):
        command.append("--cull-admin-users=false")
    if cull.get("removeNamedServers"):
        command.append("--remove-named-servers")
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    if cull.get("users"):
        command.append("--cull-users")
        scopes.append("admin:users")
    c.JupyterHub.services.append(
        {
            "name": "jupyterhub-idle-culler",
            "command": command,
            "display": False,
            "environment": {**MARKS, "HUBPORTAL_PART": "service"},
        }
    )
    c.JupyterHub.load_roles.append(
        {"name": "jupyterhub-idle-culler", "services": ["jupyterhub-idle-culler"], "scopes": scopes}
    )

"""How a hub on one machine is configured. Read by `jupyterhub` itself, in its own process: not a module of the portal.

Everything that differs between hubs stands in two files of the state folder: config.json (Zero to JupyterHub values)
and secrets.json. This file turns them into traits; the table of both is in JupyterHub's and z2jh's documentation.
"""

import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

from jupyterhub.spawner import SimpleLocalProcessSpawner  # type: ignore[import-untyped]
from oauthenticator.generic import GenericOAuthenticator  # type: ignore[import-untyped]
from oauthenticator.oauth2 import STATE_COOKIE_NAME, OAuthCallbackHandler, OAuthLoginHandler  # type: ignore[import-untyped]
from tornado import web
from tornado.httpclient import HTTPClientError

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821

STATE, HOMES = Path(os.environ["HUBPORTAL_STATE"]), Path(os.environ["HUBPORTAL_HOMES"])
MARKS = {name: os.environ[name] for name in ("HUBPORTAL_HOME", "HUBPORTAL_HUB")}
config: dict[str, Any] = json.loads((STATE / "config.json").read_text(encoding="utf-8"))
secrets: dict[str, str] = json.loads((STATE / "secrets.json").read_text(encoding="utf-8"))
values, ports, url = config["values"], config["ports"], config["url"]
hub, singleuser, cull = values["hub"], values["singleuser"], values["cull"]

# A Celery worker ignores Ctrl-C, and that is inherited: without this, nobody could interrupt a notebook's cell.
signal.signal(signal.SIGINT, signal.default_int_handler)

# --- where it listens: path and port in one trait; base_url beside bind_url would open all interfaces -----------------
c.JupyterHub.bind_url = f"http://127.0.0.1:{ports['public']}{hub['baseUrl']}"
c.JupyterHub.public_url = url
c.JupyterHub.hub_ip = "127.0.0.1"
c.JupyterHub.hub_port = ports["hub"]
c.ConfigurableHTTPProxy.should_start = False  # it outlives the hub, and so do people's servers
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{ports['api']}"
c.ConfigurableHTTPProxy.auth_token = secrets["proxy_auth_token"]
c.JupyterHub.cleanup_servers = False
c.JupyterHub.last_activity_interval = 5  # seconds; also how soon a restarted proxy learns its routes again
# /hub/health carries it: this is how the portal knows which configuration answers.
c.JupyterHub.tornado_settings = {"headers": {"X-Hub-Revision": os.environ["HUBPORTAL_DIGEST"]}}

# --- what it keeps ----------------------------------------------------------------------------------------------------
c.JupyterHub.db_url = f"sqlite:///{STATE / 'jupyterhub.sqlite'}"
c.JupyterHub.upgrade_db = True
c.JupyterHub.cookie_secret = bytes.fromhex(secrets["cookie_secret"])
c.CryptKeeper.keys = [bytes.fromhex(secrets["crypt_key"])]

# --- limits and pages -------------------------------------------------------------------------------------------------
c.JupyterHub.concurrent_spawn_limit = hub["concurrentSpawnLimit"]
c.JupyterHub.active_server_limit = hub.get("activeServerLimit", 0)
c.JupyterHub.allow_named_servers = hub["allowNamedServers"]
c.JupyterHub.template_paths = [str(Path(__file__).resolve().parent / "pages")]
c.JupyterHub.template_vars = {name: value for name, value in hub["templateVars"].items() if value}


# --- sign-in ----------------------------------------------------------------------------------------------------------
class _Login(OAuthLoginHandler):
    """Keeps the sign-in's cookie below this hub's path: all hubs of a machine share one host name."""

    def set_state_cookie(self, state_cookie_value: str) -> None:
        self._set_cookie(STATE_COOKIE_NAME, state_cookie_value, expires_days=1, httponly=True, path=self.hub.base_url)


class _Callback(OAuthCallbackHandler):
    def get_state_cookie(self) -> str:
        value = super().get_state_cookie()
        self.clear_cookie(STATE_COOKIE_NAME, path=self.hub.base_url)
        return str(value)


class PortalAuthenticator(GenericOAuthenticator):
    """Asks the portal again and again whether somebody may still be here (see auth_refresh_age)."""

    login_handler, callback_handler = _Login, _Callback

    async def refresh_user(self, user: Any, handler: Any = None, **kwargs: Any) -> Any:
        """OAuthenticator 17.4 refreshes the groups but does not ask whether they still open the door."""
        try:
            model = await super().refresh_user(user, handler, **kwargs)
        except (HTTPClientError, OSError) as error:
            self.log.warning("The portal does not answer (%s): %s stays signed in for now", error, user.name)
            return True
        if model is True or (model and await self.check_allowed(user.name, model)):
            return model
        self.log.info("%s may not come in any more, or has to sign in again", user.name)
        if handler is not None and self._is_before_spawn(user):
            # JupyterHub 6.1.1 answers 500 when this returns False here. The next page leads to sign-in.
            user._auth_refreshed = None
            raise web.HTTPError(403, self.custom_403_message if model else "Please sign in again.")
        return False  # JupyterHub then leads to sign-in, where the portal has the last word

    def _is_before_spawn(self, user: Any) -> bool:
        """Young enough not to be asked for its age: it is asked because a server is about to start."""
        age = time.monotonic() - user._auth_refreshed if user._auth_refreshed else None
        return age is not None and age < self.auth_refresh_age


for name, traits in hub["config"].items():
    c[name].update(traits)
if hub["config"]["JupyterHub"]["authenticator_class"] == "generic-oauth":
    c.JupyterHub.authenticator_class = PortalAuthenticator
    c.PortalAuthenticator.client_secret = secrets["oauth_client_secret"]
    c.Authenticator.auth_refresh_age = 60  # seconds until a page of the hub asks the portal again
    c.Authenticator.refresh_pre_spawn = True  # whoever left the list starts no server, whatever the clock says
# A name becomes a folder's name.
c.Authenticator.username_pattern = r"^[^./\\\s][^/\\\x00-\x1f]{0,254}$"


# --- people's servers -------------------------------------------------------------------------------------------------
class HomeSpawner(SimpleLocalProcessSpawner):
    """A process a server, a folder a person."""

    def load_state(self, state: dict[str, Any]) -> None:
        """After a restart of the machine, a stored pid may be anybody's: forget it unless it carries our marks."""
        super().load_state(state)
        if state.get("pid") and not self._is_ours(state["pid"]):
            self.pid = 0

    def _is_ours(self, pid: int) -> bool:
        try:
            environ = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except FileNotFoundError:
            return not Path("/proc/self").exists()  # no /proc here (macOS): believe the pid
        except OSError:
            return False
        wanted = {**MARKS, "JUPYTERHUB_USER": self.user.name, "JUPYTERHUB_SERVER_NAME": self.name}
        return all(f"{key}={value}".encode() in environ for key, value in wanted.items())


def forget_home(spawner: Any) -> None:
    """Storage type "none": nothing is kept after the server stops."""
    shutil.rmtree(spawner.home_dir, ignore_errors=True)


c.JupyterHub.spawner_class = HomeSpawner
c.Spawner.cmd = [str(Path(sys.executable).parent / "jupyterhub-singleuser")]
c.Spawner.args = ["--allow-root"] if os.geteuid() == 0 else []
c.Spawner.environment = {**MARKS, "HUBPORTAL_PART": "server"}
c.Spawner.default_url = singleuser["defaultUrl"]
c.Spawner.start_timeout = singleuser["startTimeout"]
c.Spawner.http_timeout = 60
c.LocalProcessSpawner.interrupt_timeout = c.LocalProcessSpawner.term_timeout = 10
# Told to notebooks as MEM_LIMIT, CPU_LIMIT, ...; one machine does not enforce them.
c.Spawner.mem_limit, c.Spawner.mem_guarantee = singleuser["memory"]["limit"], singleuser["memory"]["guarantee"]
c.Spawner.cpu_limit, c.Spawner.cpu_guarantee = singleuser["cpu"]["limit"], singleuser["cpu"]["guarantee"]
if singleuser["storage"]["type"] == "none":
    c.SimpleLocalProcessSpawner.home_dir_template = str(STATE / "temporary" / "{username}")
    c.Spawner.post_stop_hook = forget_home
    (STATE / "temporary").mkdir(mode=0o700, exist_ok=True)
else:
    c.SimpleLocalProcessSpawner.home_dir_template = str(HOMES / "{username}")

# --- services and their roles -----------------------------------------------------------------------------------------
c.JupyterHub.services = [{"name": "portal", "api_token": secrets["portal_service_token"], "display": False}]
c.JupyterHub.load_roles = [{"name": name, **role} for name, role in hub["loadRoles"].items()]
if cull["enabled"]:
    command = [sys.executable, "-m", "jupyterhub_idle_culler"]
    command += [f"--timeout={cull['timeout']}", f"--cull-every={cull['every']}", f"--max-age={cull['maxAge']}"]
    scopes = ["list:users", "read:users:activity", "read:servers", "delete:servers"]
    if cull["users"]:
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

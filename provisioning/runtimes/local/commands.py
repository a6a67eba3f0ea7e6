"""What is started for a part: command, environment, and the files that it reads."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hubs.spec import hub_secrets
from provisioning.contract import HUB, PROXY, Part, Target
from provisioning.errors import Refused
from provisioning.runtimes.local.folders import Folders, write_atomically
from provisioning.runtimes.local.processes import marks

HUBSIDE = Path(__file__).resolve().parents[2] / "hubside" / "local"  # what these processes read, and run
NAMES = {PROXY: "proxy", HUB: "hub"}  # in sentences: "The hub ..."


def bin_folder(configured: str) -> Path:
    """Where JupyterHub's commands are: as configured, else beside the Python that runs us."""
    return Path(configured) if configured else Path(sys.executable).parent


def _program(folder: Path, name: str) -> str:
    """Full path of a command. Raises Refused when this machine does not have it."""
    path = folder / name
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise Refused(
            f"“{name}” is not installed on this machine. The operator of the portal can install it with"
            f" “pip install {name}”, or set HUBPORTAL_LOCAL_BIN to the folder that contains it.",
            "NotInstalled",
        )
    return str(path)


def _environ(folders: Folders, programs: Path, part: Part) -> dict[str, str]:
    """Made from nothing: what the portal has in its environment (database, keys) is not for hubs."""
    return {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folders.state),
        "LANG": "C.UTF-8",
        **marks(folders.var, folders.target.uid, part.name, part.digest),
    }


def proxy_command(folders: Folders, programs: Path, part: Part) -> tuple[list[str], dict[str, str]]:
    """(command, environment) of the proxy. Its token travels in the environment: a command line is for all to read."""
    ports: Mapping[str, int] = part.payload["ports"]
    _program(programs, "configurable-http-proxy")  # is it there? Started by our own few lines around it
    command = [
        _program(programs, "python"),
        str(HUBSIDE / "proxy.py"),
        "--ip=127.0.0.1",
        f"--port={ports['public']}",
        "--api-ip=127.0.0.1",
        f"--api-port={ports['api']}",
        # A hub that restarts is back at once, before it has told the proxy its routes.
        f"--default-target=http://127.0.0.1:{ports['hub']}",
        f"--error-path={HUBSIDE / 'proxy_pages'}",
        "--log-level=warning",
    ]
    return command, {
        **_environ(folders, programs, part),
        "CONFIGPROXY_AUTH_TOKEN": part.payload[hub_secrets.PROXY],
        "HUBPORTAL_HOST": str(urlsplit(folders.target.url).hostname),
    }


def hub_command(folders: Folders, programs: Path, part: Part) -> tuple[list[str], dict[str, str]]:
    """(command, environment) of the hub."""
    command = [_program(programs, "jupyterhub"), f"--config={HUBSIDE / 'jupyterhub_config.py'}"]
    return command, {
        **_environ(folders, programs, part),
        "HUBPORTAL_STATE": str(folders.state),
        "HUBPORTAL_HOMES": str(folders.homes),
    }


def write_hub_files(folders: Folders, part: Part) -> None:
    """The two files that jupyterhub_config.py reads. Only secrets.json is secret."""
    payload: dict[str, Any] = dict(part.payload)
    secrets = payload.pop("secrets")
    write_atomically(folders.state / "config.json", as_json(payload))
    write_atomically(folders.state / "secrets.json", as_json(secrets))


def as_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False)


def ports_of(target: Target, name: str) -> list[int]:
    """The ports that a part listens on."""
    return [target.ports[key] for key in (("public", "api") if name == PROXY else ("hub",))]

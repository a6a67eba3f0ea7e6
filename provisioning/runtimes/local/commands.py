"""Commands, environments and files of the processes of a hub's parts."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hubs.language import _
from hubs.spec import hub_secrets
from provisioning import hub_words
from provisioning.contract import PROXY, Part, Target
from provisioning.errors import Refused
from provisioning.runtimes.local.folders import Folders, write_atomically
from provisioning.runtimes.local.processes import marks

HUBSIDE = Path(__file__).resolve().parents[2] / "hubside" / "local"  # files that these processes read and run

WORDS = "words.json"


def bin_folder(configured: str) -> Path:
    """Return the folder of JupyterHub's commands: as configured, or that of the running Python."""
    return Path(configured) if configured else Path(sys.executable).parent


def _program(folder: Path, name: str) -> str:
    """Return the full path of a command. Raise Refused if it is not installed."""
    path = folder / name
    if not (path.is_file() and os.access(path, os.X_OK)):
        said = _(
            "“{name}” is not installed on this machine. The operator of the portal can install it with"
            " “pip install {name}”, or set HUBPORTAL_LOCAL_BIN to the folder that contains it.",
            name=name,
        )
        raise Refused(said, "NotInstalled")
    return str(path)


def _environ(folders: Folders, programs: Path, part: Part) -> dict[str, str]:
    """Return a new environment: the portal's own (database, keys) must not reach hubs."""
    return {
        "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(folders.state),
        "LANG": "C.UTF-8",
        **marks(folders.var, folders.target.uid, part.name, part.digest),
    }


def proxy_command(folders: Folders, programs: Path, part: Part) -> tuple[list[str], dict[str, str]]:
    """Return (command, environment) of the proxy. Its token is in the environment, because command lines are public."""
    ports: Mapping[str, int] = part.payload["ports"]
    _program(programs, "configurable-http-proxy")  # check that it exists; it is started by our wrapper
    command = [
        _program(programs, "python"),
        str(HUBSIDE / "proxy.py"),
        "--ip=127.0.0.1",
        f"--port={ports['public']}",
        "--api-ip=127.0.0.1",
        f"--api-port={ports['api']}",
        # A hub that restarts is reachable at once, before it has sent its routes to the proxy.
        f"--default-target=http://127.0.0.1:{ports['hub']}",
        f"--error-path={HUBSIDE / 'proxy_pages'}",
        "--log-level=warning",
    ]
    return command, {
        **_environ(folders, programs, part),
        "CONFIGPROXY_AUTH_TOKEN": part.payload[hub_secrets.PROXY],
        "HUBPORTAL_HOST": str(urlsplit(folders.target.url).hostname),
        "HUBPORTAL_WORDS": str(folders.state / WORDS),
    }


def hub_command(folders: Folders, programs: Path, part: Part) -> tuple[list[str], dict[str, str]]:
    """Return (command, environment) of the hub."""
    command = [_program(programs, "jupyterhub"), f"--config={HUBSIDE / 'jupyterhub_config.py'}"]
    return command, {
        **_environ(folders, programs, part),
        "HUBPORTAL_STATE": str(folders.state),
        "HUBPORTAL_HOMES": str(folders.homes),
    }


def write_hub_files(folders: Folders, part: Part) -> None:
    """Write the two files that jupyterhub_config.py reads. Only secrets.json is secret."""
    payload: dict[str, Any] = dict(part.payload)
    secrets = payload.pop("secrets")
    write_atomically(folders.state / "config.json", as_json(payload))
    write_atomically(folders.state / "secrets.json", as_json(secrets))


def write_words(folders: Folders) -> None:
    """Write the translations of the pages of hub and proxy, which read them when they start."""
    write_atomically(folders.state / WORDS, hub_words.words())


def as_json(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False)


def ports_of(target: Target, name: str) -> list[int]:
    """Return the ports on which a part listens."""
    return [target.ports[key] for key in (("public", "api") if name == PROXY else ("hub",))]

"""What a hub's own configuration files set in JupyterHub, in a process of their own, without starting a hub.

As a program, it reads [{"runtime", "values"}] from its input and writes the settings of each as text.
"""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

PROVISIONING = Path(__file__).resolve().parents[2] / "provisioning"
NAMES = ("cookie_secret", "crypt_key", "portal_service_token", "oauth_client_secret", "proxy_auth_token")
SECRETS = dict.fromkeys(NAMES, "0" * 64) | {"revision": "now"}


def loaded(cases: list[dict[str, Any]]) -> list[str]:
    """Return all settings of JupyterHub for each of {"runtime": "kubernetes" or "local", "values"}."""
    from tests.runtimes.hub_files import ask, hub_files  # not when this file is the program

    with hub_files(SECRETS) as (folder, environ):
        (folder / "secrets.json").write_text(json.dumps(SECRETS))
        mine = {"HUBPORTAL_HOMES": f"{folder}/homes", "HUBPORTAL_DIGEST": "now", "HUBPORTAL_HOME": "x",
                "HUBPORTAL_HUB": "x", "POD_NAMESPACE": "x"}  # fmt: skip
        answers = ask(__file__, cases, {**environ, **mine})
    return [text.replace(str(folder), "") for text in answers]


def _plain(value: Any) -> Any:
    if callable(value):
        return getattr(value, "__qualname__", type(value).__name__)
    return repr(value)


def _beside() -> str:
    """Return what a hub in a cluster sets beside its traits."""
    spawner = getattr(sys.modules.get("people_servers"), "PeopleSpawner", None)
    return repr((spawner.admin_mounts, spawner.open_images)) if spawner else ""


def _main() -> None:
    from traitlets.config.loader import PyFileConfigLoader

    folder, state = Path(os.environ["HUBPORTAL_CONFIG"]), Path(os.environ["HUBPORTAL_STATE"])
    files = {"kubernetes": folder, "local": PROVISIONING / "hubside" / "local"}
    known: dict[str, str] = {}
    found = []
    for case in json.load(sys.stdin):
        values, sign_in = case["values"], case["portalSignIn"]
        if case["runtime"] == "kubernetes":
            values["custom"] = {**values.get("custom", {}), "revision": "now", "url": "http://h/", "uid": "x",
                                "release": "x", "portalSignIn": sign_in}  # fmt: skip
            (folder / "values.json").write_text(json.dumps(values))
        else:
            told = {"values": values, "ports": {"public": 1, "hub": 2, "api": 3}, "url": "http://h/",
                    "portalSignIn": sign_in}  # fmt: skip
            (state / "config.json").write_text(json.dumps(told))
        key = hashlib.sha256(json.dumps(case, sort_keys=True).encode()).hexdigest()
        if key not in known:
            loader = PyFileConfigLoader("jupyterhub_config.py", path=str(files[case["runtime"]]))
            known[key] = json.dumps(loader.load_config(), default=_plain, sort_keys=True) + _beside()
        found.append(known[key])
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    _main()

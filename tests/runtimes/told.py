"""A program: the effect of values.json on a hub's own configuration file. Reads one object per line, prints a digest.

It runs in its own process because the file changes classes of JupyterHub and KubeSpawner. Its argument is the folder
that the hub's pod would have; the values replace its values.json.
"""

import json
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from jupyterhub.handlers.base import BaseHandler  # type: ignore[import-untyped]
from traitlets.config import Config


def told(folder: Path, code: Any, values: dict[str, Any]) -> str:
    """Return everything that the file sets: traits by class, and the settings of our own spawner."""
    (folder / "config" / "values.json").write_text(json.dumps(values))
    config = Config()
    try:
        exec(code, {"get_config": lambda: config, "__name__": "jupyterhub_config"})  # as JupyterHub does
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    spawner = sys.modules["people_servers"].PeopleSpawner
    own = {name: value for name, value in vars(spawner).items() if isinstance(value, dict | list | tuple | str)}
    return json.dumps([config, own], default=lambda one: type(one).__name__, sort_keys=True)


def main() -> None:
    folder = Path(sys.argv[1])
    os.environ |= {"HUBPORTAL_CONFIG": str(folder / "config"), "HUBPORTAL_SECRETS": str(folder / "secret"),
                   "HUBPORTAL_STATE": str(folder), "HUBPORTAL_REVISION": "one", "POD_NAMESPACE": "hub-one",
                   "CONFIGPROXY_AUTH_TOKEN": "0" * 64}  # fmt: skip
    code = compile((folder / "config" / "jupyterhub_config.py").read_text(), "jupyterhub_config.py", "exec")
    original = BaseHandler.get_auth_token
    for line in sys.stdin:
        BaseHandler.get_auth_token = original
        print(sha256(told(folder, code, json.loads(line)).encode()).hexdigest(), flush=True)


if __name__ == "__main__":
    main()

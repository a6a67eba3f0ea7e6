"""The pods that hubs would create for people: the hub's own configuration and the real PeopleSpawner, in their own
process. There is no hub and no cluster; the result is what KubeSpawner would send.

As a program, it reads [{"values", "options"}] from its input and writes [{"pod", "claim"} or {"error"}].
"""

import asyncio
import copy
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

SECRETS = {"cookie_secret": "0" * 64, "crypt_key": "0" * 64, "portal_service_token": "0" * 64,
           "oauth_client_secret": "0" * 64, "revision": "now"}  # fmt: skip
NOBODY = {
    "apiVersion": "v1", "kind": "Config", "current-context": "none", "users": [{"name": "none", "user": {}}],
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
}  # fmt: skip


def people_pods(cases: list[dict[str, Any]], typed: list[Any] | None = None) -> list[dict[str, Any]]:
    """Return the pods of {"values": a hub's values.json, "options": what the person chose}. `typed`: [path, secret] of
    typed secrets, as in the hub's Secret."""
    from tests.runtimes.hub_files import ask, hub_files  # not when this file is the program

    with hub_files(SECRETS | ({"values.json": json.dumps(typed)} if typed else {})) as (folder, environ):
        (folder / "kubeconfig").write_text(json.dumps(NOBODY))
        mine = {"POD_NAMESPACE": "people", "KUBECONFIG": str(folder / "kubeconfig")}
        return ask(__file__, cases, {**environ, **mine})


def _main() -> None:
    from kubernetes_asyncio.client import ApiClient
    from traitlets.config.loader import PyFileConfigLoader

    folder, loaded = Path(os.environ["HUBPORTAL_CONFIG"]), dict[str, Any]()

    plain: Any = None

    async def one(case: dict[str, Any]) -> dict[str, Any]:
        values = case["values"]
        values["custom"] = {**values.get("custom", {}), "revision": "now", "url": "http://127.0.0.1/", "uid": "people",
                            "release": "people", "portalSignIn": False}  # fmt: skip
        profiles = values["singleuser"].pop("profileList", [])
        text = json.dumps(values)
        if text not in loaded:  # reading it takes most of the time
            (folder / "values.json").write_text(text)
            loaded[text] = PyFileConfigLoader("jupyterhub_config.py", path=str(folder)).load_config()
        config = copy.deepcopy(loaded[text])
        config.KubeSpawner.profile_list = profiles
        from people_servers import PeopleSpawner  # type: ignore[import-not-found]

        user = SimpleNamespace(name="mia", id=1, url="/user/mia", escaped_name="mia", admin=False, groups=[],
                               spawners={})  # fmt: skip
        hub = SimpleNamespace(url="u", base_url="/hub/", api_url="http://hub:8081/hub/api", public_host="")
        spawner = PeopleSpawner(config=config, _mock=True, user=user, hub=hub)
        spawner.user_options = case.get("options") or {}
        await spawner.load_user_options()
        pod = plain(await spawner.get_pod_manifest())
        claim = plain(spawner.get_pvc_manifest()) if spawner.storage_pvc_ensure else None
        return {"pod": pod, "claim": claim}

    async def every() -> list[dict[str, Any]]:
        nonlocal plain
        plain, found = ApiClient().sanitize_for_serialization, []
        for case in json.load(sys.stdin):
            try:
                found.append(await one(case))
            except Exception as error:  # a configuration that KubeSpawner can't make a pod from
                found.append({"error": f"{type(error).__name__}: {error}"})
        return found

    json.dump(asyncio.run(every()), sys.stdout)


if __name__ == "__main__":
    _main()

"""Hubs loading their configuration, many in one process: `python hub_loading.py FOLDER …`.

The real JupyterHub reads the real jupyterhub_config.py with the files that the portal rendered, creates its users,
groups, services and roles, and the real KubeSpawner makes the pod of a person's server for every profile. No cluster
is called. If a folder has asked.json, a list of people's answers, the pod of each is written to pods.json. Prints one
line of JSON for each folder: "" or the error.
"""

import asyncio
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any


async def start_and_spawn(folder: Path) -> None:
    from jupyterhub import orm, roles, scopes  # type: ignore[import-untyped]
    from jupyterhub.app import JupyterHub  # type: ignore[import-untyped]

    os.environ.update(json.loads((folder / "environ.json").read_text(encoding="utf-8")))
    JupyterHub.clear_instance()
    app: Any = JupyterHub.instance()
    app.log_level = "ERROR"
    app.load_config_file(os.environ["TRIED_CONFIG"])
    app.db_url = "sqlite:///:memory:"
    app.init_eventlog()
    app.init_secrets()
    app.init_db()
    app.init_hub()
    app.init_proxy()
    app.init_oauth()
    await app.init_role_creation()
    await app.init_users()
    await app.init_groups()
    app.init_services()
    await app.init_api_tokens()
    await app.init_role_assignment()
    app.init_tornado_settings()
    app.init_handlers()
    app.init_tornado_application()
    app.db.add(person := orm.User(name="a-person"))
    roles.assign_default_roles(app.db, entity=person)
    app.db.commit()
    spawner = app.users["a-person"].spawners[""]
    # As User.spawn does before it calls the spawner.
    asked = set(spawner.server_token_scopes or ())
    have = roles.roles_to_scopes(roles.get_roles_for(person)) | {"inherit"}
    client = app.db.query(orm.OAuthClient).filter_by(identifier="jupyterhub").one()
    scopes._resolve_requested_scopes(asked, have, person, client, app.db)
    await spawner._get_oauth_client_allowed_scopes()
    if not hasattr(spawner, "get_pod_manifest"):  # on one machine
        assert spawner.get_env()
        assert spawner.get_args()
        return
    form = await spawner.get_options_form()
    profiles = [one["slug"] for one in spawner._get_initialized_profile_list(spawner.profile_list)] if form else []
    for slug in profiles or [None]:
        spawner.user_options = {"profile": slug} if slug else {}
        await spawner.load_user_options()
        pod = await spawner.get_pod_manifest()
        assert spawner.api.api_client.sanitize_for_serialization(pod)["spec"]["containers"]
        if spawner.storage_pvc_ensure:
            spawner.get_pvc_manifest()
    if (folder / "asked.json").exists():
        await tell_pods(app.users["a-person"], folder)
    app.db.close()


async def tell_pods(user: Any, folder: Path) -> None:
    """Write the pod of each of these answers into pods.json, as for a server that starts for the first time."""
    pods = []
    for answers in json.loads((folder / "asked.json").read_text(encoding="utf-8")):
        spawner = user._new_spawner("")
        spawner.user_options = answers
        await spawner.load_user_options()
        pods.append(spawner.api.api_client.sanitize_for_serialization(await spawner.get_pod_manifest()))
    (folder / "pods.json").write_text(json.dumps(pods), encoding="utf-8")


async def main() -> None:
    for name in sys.argv[1:]:
        said = ""
        try:
            await start_and_spawn(Path(name))
        except (Exception, SystemExit):
            said = traceback.format_exc()[-3000:]
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    asyncio.run(main())

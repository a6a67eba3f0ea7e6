"""Checks with the real JupyterHub whether a rendered hub starts: hub_loading.py, for use in tests."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from hubs.spec import HubSpec
from hubs.spec.chart import merged
from hubs.spec.effective import values as effective_values
from provisioning.contract import HUB, Target
from provisioning.render import render_kubernetes, render_local
from provisioning.runtimes.local import commands
from provisioning.runtimes.local.commands import write_hub_files
from provisioning.runtimes.local.folders import Folders

from .shapes import AGREED, PLAIN
from .worlds import NOWHERE, SECRET_NAMES

LOCAL = Target("h0123456789", "tried", "http://127.0.0.1:1/", {"public": 1, "api": 2, "hub": 3})
TARGET = Target("h0123456789", "tried", "http://127.0.0.1:1/")
SECRETS = dict.fromkeys(SECRET_NAMES, "a" * 64)
NO_CLUSTER = """\
{"apiVersion": "v1", "kind": "Config", "current-context": "none",
 "clusters": [{"name": "none", "cluster": {"server": "https://127.0.0.1:1"}}],
 "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
 "users": [{"name": "none", "user": {"token": "none"}}]}
"""


def _write(spec: HubSpec, folder: Path) -> None:
    """Write what the hub's pod finds; raise Refused."""
    release = render_kubernetes(TARGET, spec, SECRETS, NOWHERE, "running", PLAIN, AGREED)
    objects = {key: manifest for part in release.parts for key, manifest in part.payload.items()}
    for name in ("config/pages", "secret", "state"):
        (folder / name).mkdir(parents=True)
    for name, text in objects["ConfigMap/hub"]["data"].items():
        (folder / "config" / name).write_text(text, encoding="utf-8")
    for name, value in objects["Secret/hub"]["data"].items():
        (folder / "secret" / name).write_bytes(base64.b64decode(value))
    (folder / "kubeconfig").write_text(NO_CLUSTER, encoding="utf-8")
    environ = {
        "TRIED_CONFIG": str(folder / "config" / "jupyterhub_config.py"),
        "KUBECONFIG": str(folder / "kubeconfig"), "POD_NAMESPACE": "tried", "CONFIGPROXY_AUTH_TOKEN": "a" * 64,
        "HUBPORTAL_REVISION": release.revision, "HUBPORTAL_CONFIG": str(folder / "config"),
        "HUBPORTAL_SECRETS": str(folder / "secret"), "HUBPORTAL_STATE": str(folder / "state"),
    }  # fmt: skip
    (folder / "environ.json").write_text(json.dumps(environ), encoding="utf-8")


def _write_local(spec: HubSpec, folder: Path) -> None:
    """Write what a hub on one machine finds; raise Refused."""
    release = render_local(LOCAL, spec, SECRETS, NOWHERE, "running")
    [part] = [part for part in release.parts if part.name == HUB]
    folders = Folders(folder, LOCAL)
    folders.state.mkdir(parents=True)
    write_hub_files(folders, part)
    environ = {
        "TRIED_CONFIG": str(commands.HUBSIDE / "jupyterhub_config.py"), "HUBPORTAL_DIGEST": "x",
        "HUBPORTAL_STATE": str(folders.state), "HUBPORTAL_HOMES": str(folder), "HUBPORTAL_HOME": str(folder),
        "HUBPORTAL_HUB": LOCAL.uid,
    }  # fmt: skip
    (folder / "environ.json").write_text(json.dumps(environ), encoding="utf-8")


def _write_unasked(spec: HubSpec, folder: Path) -> None:
    """Write this spec's settings into the files of a plainer hub, so that none of the portal's rules apply."""
    file = folder / "config" / "values.json"
    values = json.loads(file.read_text(encoding="utf-8"))
    ours, theirs = values["hub"], effective_values(spec)["hub"]
    for part in ("services", "loadRoles"):
        ours[part] = {**theirs.get(part, {}), **ours.get(part, {})}
    said = theirs.get("config", {})
    of_the_portal = spec.signIn.method == "portal"  # which has sections of its own
    ours["config"] = {**said, **ours["config"]} if of_the_portal else merged(ours["config"], said)
    file.write_text(json.dumps(values), encoding="utf-8")


def why_not(
    specs: Iterable[HubSpec],
    folder: Path,
    *,
    local: bool = False,
    unasked: Sequence[HubSpec] = (),
    asked: Sequence[Sequence[dict[str, str]]] = (),
) -> list[str]:
    """Return for each spec "", or why its hub or a server does not start. `unasked`: for each the real spec of the hub,
    with more than the portal accepts. `asked`: for each the answers that people start with; their pods are in
    folder/NUMBER/pods.json. Raise Refused."""
    folders = []
    for number, spec in enumerate(specs):
        folders.append(folder / str(number))
        (_write_local if local else _write)(spec, folders[-1])
        if unasked:
            _write_unasked(unasked[number], folders[-1])
        if asked:
            (folders[-1] / "asked.json").write_text(json.dumps(asked[number]), encoding="utf-8")
    argv = [sys.executable, str(Path(__file__).with_name("hub_loading.py")), *map(str, folders)]
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=600)
    found = [json.loads(line) for line in done.stdout.splitlines() if line[:1] == '"']
    assert len(found) == len(folders), done.stderr[-3000:]
    return [f"{said}\n{done.stderr[-1500:]}" if said else "" for said in found]

"""Move values to the chart's own keys: traits of the hub and the spawner under `hub.config`, the home page of wrapper
charts, and network rules that the portal restricts. Pure.

An import moves them, so that a field shows them, and reports it. An export has them at the chart's keys.
"""

from collections.abc import Callable
from typing import Any

from hubs.language import _
from hubs.spec import clone_command
from hubs.spec.chart import Tree
from hubs.spec.composed import COMMAND, WEB, WEB_PORTS
from hubs.spec.shape import as_text
from hubs.spec.trees import Path, get, leaves, put, split

MISSING = object()
HUB_TRAITS = {  # of hub.config.JupyterHub, which take precedence over the chart's own keys
    "active_server_limit": "hub.activeServerLimit",
    "allow_named_servers": "hub.allowNamedServers",
    "concurrent_spawn_limit": "hub.concurrentSpawnLimit",
    "named_server_limit_per_user": "hub.namedServerLimitPerUser",
    "redirect_to_server": "hub.redirectToServer",
    "shutdown_on_logout": "hub.shutdownOnLogout",
}
SPAWNER_TRAITS = {  # of hub.config.Spawner and hub.config.KubeSpawner
    "cmd": "singleuser.cmd",
    "cpu_guarantee": "singleuser.cpu.guarantee",
    "cpu_limit": "singleuser.cpu.limit",
    "default_url": "singleuser.defaultUrl",
    "image_pull_policy": "singleuser.image.pullPolicy",
    "mem_guarantee": "singleuser.memory.guarantee",
    "mem_limit": "singleuser.memory.limit",
    "node_selector": "singleuser.nodeSelector",
    "start_timeout": "singleuser.startTimeout",
    "storage_class": "singleuser.storage.dynamic.storageClass",
}
PAGE: Path = ("custom", "homepage", "templateVars")
PAGE_WORDS = {  # of the home page of wrapper charts
    "org.name": "org_name",
    "org.url": "logo_url",
    "org.logo_url": "logo_image",
    **{f"{who}.name": who for who in ("designed_by", "operated_by", "funded_by")},
    **{f"{who}.url": f"{who}_url" for who in ("designed_by", "operated_by", "funded_by")},
}
MOVES: dict[Path, Path] = {
    **{("hub", "config", "JupyterHub", trait): split(place) for trait, place in HUB_TRAITS.items()},
    **{
        ("hub", "config", section, trait): split(place)
        for section in ("Spawner", "KubeSpawner")
        for trait, place in SPAWNER_TRAITS.items()
    },
    **{(*PAGE, *split(name)): ("hub", "templateVars", word) for name, word in PAGE_WORDS.items()},
}
EGRESS: Path = ("singleuser", "networkPolicy", "egress")


def restated(values: Tree) -> tuple[Tree, list[str]]:
    """Return the values at the chart's own keys, and a sentence for each that was moved. `values` is not changed."""
    found: Tree = {}
    notes: list[str] = []
    later: list[tuple[Path, Any]] = []
    for path, value in leaves(values):
        root = next((path[:length] for length in range(len(path), 2, -1) if path[:length] in MOVES), ())
        if not root or _is_kept(values, path, root, value):
            put(found, path, value)
        elif value != "" or root[0] != "custom":  # empty texts of the home page have no effect
            later.append((path, value))
    for path, value in sorted(later, key=lambda one: one[0][2] == "KubeSpawner"):  # KubeSpawner takes precedence
        root = next(root for root in MOVES if path[: len(root)] == root)
        new = (*MOVES[root], *path[len(root) :])
        put(found, new, value)
        notes.append(
            _("{old} was imported as {new}, which is the same setting.", old=".".join(path), new=".".join(new))
        )
    for path, say in SPELLINGS:
        if (value := get(found, path, MISSING)) is not MISSING and (note := say(found, path, value)):
            notes.append(note)
    return found, notes


def _is_kept(values: Tree, path: Path, root: Path, value: Any) -> bool:
    """Whether a value is not moved: because it is empty, or because it would have to be merged with another map or
    with a text of the home page, which would change its meaning."""
    if value in ({}, None) or isinstance(value, dict | list) != (root[-1] == "cmd" and isinstance(value, list)):
        return True
    beside = get(values, MOVES[root], MISSING) is not MISSING
    return beside and (path != root or root[0] == "custom")


def _one_word(values: Tree, path: Path, value: Any) -> str:
    """Convert a command of one word, written as text, to a list."""
    if isinstance(value, str) and value:
        put(values, path, [value])
    return ""


def _environment(values: Tree, path: Path, value: Any) -> str:
    """Convert Kubernetes' list of {name, value} to a map, and numbers to text, as Helm does. References stay."""
    rows = value
    if isinstance(value, list) and all(isinstance(row, dict) and set(row) == {"name", "value"} for row in value):
        rows = {str(row["name"]): row["value"] for row in value}
    if not isinstance(rows, dict):
        return ""
    put(values, path, {name: as_text(text) for name, text in rows.items()})
    return ""


def _web(values: Tree, path: Path, value: Any) -> str:
    """Restrict rules with a port and no address, which would open that port in private networks, too."""
    bare = {"ports": WEB_PORTS}
    if not isinstance(value, list) or bare not in value:
        return ""
    put(values, path, [WEB if rule == bare else rule for rule in value])
    return _(
        "{setting}: web ports are open, but not to private networks: a rule without addresses does not open those "
        "here.",
        setting=".".join(path),
    )


def _clone(values: Tree, path: Path, value: Any) -> str:
    """Replace the clone command of an earlier version of the portal by the current one, which also reports failures."""
    words = clone_command.words(value) if isinstance(value, list) else None
    if words is None or value == (today := clone_command.command(*words)):
        return ""
    put(values, path, today)
    return _(
        "{setting}: replaced by the portal’s current command that clones a repository, which also reports failures.",
        setting=".".join(path),
    )


SPELLINGS: tuple[tuple[Path, Callable[[Tree, Path, Any], str]], ...] = (
    (("singleuser", "extraEnv"), _environment),
    (("singleuser", "cmd"), _one_word),
    (EGRESS, _web),
    (COMMAND, _clone),
)

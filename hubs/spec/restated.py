"""Values that say in another place, or in other words, what the chart has a place of its own for: traits of the hub
and of the spawner under `hub.config`, the home page of a chart around JupyterHub's, and rules that the portal narrows.
Pure.

An import reads them where the chart has them, so that a field shows them, and says so. Exported, they stand there.
"""

from collections.abc import Callable
from typing import Any

from hubs.spec import clone_command
from hubs.spec.chart import Tree
from hubs.spec.composed import COMMAND, WEB, WEB_PORTS
from hubs.spec.shape import as_text
from hubs.spec.trees import Path, get, leaves, put, split

MISSING = object()
HUB_TRAITS = {  # of hub.config.JupyterHub: JupyterHub reads them after the chart's own keys, so they count
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
PAGE_WORDS = {  # of the home page that charts around JupyterHub's have
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
FETCHED = "the portal’s own command that fetches a repository; today’s reports a failure, too."
NARROWED = "the web is open, and private networks stay closed: here no rule opens them by naming nothing."


def restated(values: Tree) -> tuple[Tree, list[str]]:
    """The same values where the chart has them, and a sentence for each that stood elsewhere. Changes nothing that it
    is given."""
    found: Tree = {}
    notes: list[str] = []
    later: list[tuple[Path, Any]] = []
    for path, value in leaves(values):
        root = next((path[:length] for length in range(len(path), 2, -1) if path[:length] in MOVES), ())
        if not root or _is_kept(values, path, root, value):
            put(found, path, value)
        elif value != "" or root[0] != "custom":  # of the home page, an empty word says nothing
            later.append((path, value))
    for path, value in sorted(later, key=lambda one: one[0][2] == "KubeSpawner"):  # the class itself has the last word
        root = next(root for root in MOVES if path[: len(root)] == root)
        new = (*MOVES[root], *path[len(root) :])
        put(found, new, value)
        notes.append(f"{'.'.join(path)} was read as {'.'.join(new)}, which says the same.")
    for path, say in SPELLINGS:
        if (value := get(found, path, MISSING)) is not MISSING and (note := say(found, path, value)):
            notes.append(f"{'.'.join(path)}: {note}")
    return found, notes


def _is_kept(values: Tree, path: Path, root: Path, value: Any) -> bool:
    """Whether a value stays where it stands: an empty one says nothing of its own, and a map beside a map, or a word of
    the home page beside the chart's, would say something else when they are one."""
    if value in ({}, None) or isinstance(value, dict | list) != (root[-1] == "cmd" and isinstance(value, list)):
        return True
    beside = get(values, MOVES[root], MISSING) is not MISSING
    return beside and (path != root or root[0] == "custom")


def _one_word(values: Tree, path: Path, value: Any) -> str:
    """A command of one word may be written as text."""
    if isinstance(value, str) and value:
        put(values, path, [value])
    return ""


def _environment(values: Tree, path: Path, value: Any) -> str:
    """Kubernetes' list of {name, value}, and numbers, which Helm writes as text. What is read from elsewhere stays."""
    rows = value
    if isinstance(value, list) and all(isinstance(row, dict) and set(row) == {"name", "value"} for row in value):
        rows = {str(row["name"]): row["value"] for row in value}
    if not isinstance(rows, dict):
        return ""
    put(values, path, {name: as_text(text) for name, text in rows.items()})
    return ""


def _web(values: Tree, path: Path, value: Any) -> str:
    """A rule with a port and no address opens that port everywhere, also in private networks."""
    bare = {"ports": WEB_PORTS}
    if not isinstance(value, list) or bare not in value:
        return ""
    put(values, path, [WEB if rule == bare else rule for rule in value])
    return NARROWED


def _clone(values: Tree, path: Path, value: Any) -> str:
    """The command of an earlier version of the portal does the same as today's, which also reports a failure."""
    words = clone_command.words(value) if isinstance(value, list) else None
    if words is None or value == (today := clone_command.command(*words)):
        return ""
    put(values, path, today)
    return FETCHED


SPELLINGS: tuple[tuple[Path, Callable[[Tree, Path, Any], str]], ...] = (
    (("singleuser", "extraEnv"), _environment),
    (("singleuser", "cmd"), _one_word),
    (EGRESS, _web),
    (COMMAND, _clone),
)

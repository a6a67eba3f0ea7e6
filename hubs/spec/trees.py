"""Maps of maps, as a values.yaml is one, and paths in them."""

import copy
from collections.abc import Iterator
from typing import Any

from hubs.spec.chart import Tree

Path = tuple[str, ...]


def split(path: str) -> Path:
    """A values path in its parts. Class names and keys of `hub.config` hold no dots; keys of maps do, so they are
    never split: maps are values."""
    return tuple(path.split("."))


def joined(path: Path) -> str:
    """A path as one text, whatever its parts are: a dot in a part is written ~1, a ~ is ~0 (as RFC 6901 does)."""
    return ".".join(part.replace("~", "~0").replace(".", "~1") for part in path)


def parted(text: str) -> Path:
    """The opposite of joined."""
    return tuple(part.replace("~1", ".").replace("~0", "~") for part in text.split("."))


def put(tree: Tree, path: Path, value: Any) -> None:
    """Set the value at this path, making the maps above it, also where a null or a text stands. A number is a place in
    a list where a list is. Raises IndexError for a place that the list has not."""
    place: Any = tree
    for name in path[:-1]:
        at: Any = _place(place, name)
        if isinstance(place, dict):
            place.setdefault(at, {})
        if not isinstance(place[at], dict | list):
            place[at] = {}
        place = place[at]
    place[_place(place, path[-1])] = value


def _place(place: Any, name: str) -> Any:
    if isinstance(place, dict):
        return name
    if not (name.isascii() and name.isdigit()):
        raise IndexError(name)
    return int(name)


def overlay(tree: Tree, above: Tree) -> None:
    """Put `above` over the tree, in place. Unlike merging, it keeps a null: Helm makes of it what it does."""
    for name, value in above.items():
        if isinstance(value, dict) and isinstance(tree.get(name), dict):
            overlay(tree[name], value)
        else:
            tree[name] = copy.deepcopy(value)


def get(tree: Any, path: Path, otherwise: Any = None) -> Any:
    """What stands at this path. A number is a place in a list where a list is."""
    for name in path:
        if isinstance(tree, list) and name.isascii() and name.isdigit() and int(name) < len(tree):
            tree = tree[int(name)]
            continue
        if not isinstance(tree, dict) or name not in tree:
            return otherwise
        tree = tree[name]
    return tree


def leaves(tree: Tree, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every leaf with its path; an empty map is one, a list is one."""
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*at, str(name)))
        else:
            yield (*at, str(name)), value

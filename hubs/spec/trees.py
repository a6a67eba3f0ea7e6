"""Nested maps, such as a values.yaml, and paths in them."""

import copy
from collections.abc import Iterator
from typing import Any

from hubs.spec.chart import Tree

Path = tuple[str, ...]


def split(path: str) -> Path:
    """Split a values path. Class names and keys of `hub.config` contain no dots. Keys of maps may, so paths never lead
    into maps: those are values."""
    return tuple(path.split("."))


def joined(path: Path) -> str:
    """Return any path as one text: dots in a part become ~1, and ~ becomes ~0 (similar to RFC 6901)."""
    return ".".join(part.replace("~", "~0").replace(".", "~1") for part in path)


def parted(text: str) -> Path:
    """Undo joined."""
    return tuple(part.replace("~1", ".").replace("~0", "~") for part in text.split("."))


def put(tree: Tree, path: Path, value: Any) -> None:
    """Set the value at this path and create the maps above it, replacing nulls and texts. In a list, a number is an
    index. Raise IndexError if the list has no such index."""
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
    """Merge `above` into the tree, in place. Unlike Helm's merge, this keeps nulls, which Helm interprets later."""
    for name, value in above.items():
        if isinstance(value, dict) and isinstance(tree.get(name), dict):
            overlay(tree[name], value)
        else:
            tree[name] = copy.deepcopy(value)


def get(tree: Any, path: Path, otherwise: Any = None) -> Any:
    """Return the value at this path. In a list, a number is an index."""
    for name in path:
        if isinstance(tree, list) and name.isascii() and name.isdigit() and int(name) < len(tree):
            tree = tree[int(name)]
            continue
        if not isinstance(tree, dict) or name not in tree:
            return otherwise
        tree = tree[name]
    return tree


def leaves(tree: Tree, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every leaf with its path. Empty maps and lists are leaves."""
    for name, value in tree.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*at, str(name)))
        else:
            yield (*at, str(name)), value

"""Read hubs from values files in git: nested below the name of a wrapper chart, in several files, with anchors,
encrypted, or in an older format. `read` finds the values of Zero to JupyterHub in them, and reports how. Pure.

Several files are merged as in `helm -f a -f b`: maps merge, lists and null replace.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hubs.language import _, lazy
from hubs.spec import chart
from hubs.spec.chart import Tree
from hubs.spec.older import translated
from hubs.spec.trees import Path, get, leaves, overlay
from hubs.spec.yaml_text import LARGEST, YamlError, load_map

MOST_FILES = 20  # of one hub; operators have two or three
DEEPEST = 2  # wrappers
WRAPPER = "jupyterhub"  # the usual name of JupyterHub's chart in a wrapper chart
OWN = ("hub", "singleuser")  # keys that only JupyterHub's chart has
# Patterns must not match across lines, or their time grows with the square of the text.
PART = re.compile(r"^---[ \t]*(?:#(?P<name>.*))?$", re.MULTILINE)
SAYS_SOMETHING = re.compile(r"^(?![^\S\n]*#|%|\.\.\.[^\S\n]*$).*\S", re.MULTILINE)  # no comment and no directive

SOPS = re.compile(r"\bENC\[[A-Z0-9_]+,data:")
SOPS_SAID = lazy(
    "This file is encrypted with sops, so the portal can’t read it. Decrypt it with “sops -d” and import the result: "
    "the portal stores its secrets encrypted. Or leave this file out, and enter the secrets in the portal."
)

VAULT_SAID = lazy(
    "This file is encrypted. Decrypt it and import the result, or leave it out and enter its secrets in the portal."
)


@dataclass(frozen=True)
class File:
    """A file of values: its name for people ("" for pasted text) and its text."""

    name: str
    text: str


@dataclass(frozen=True)
class Kept:
    """The values for Zero to JupyterHub in files. `files` are their names in reading order; `notes` are sentences about
    what was found, not imported, and translated."""

    values: Tree
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _too_many() -> YamlError:
    return YamlError(_("There are too many files. The maximum for one hub is {maximum}.", maximum=MOST_FILES))


def parts(file: File) -> list[File]:
    """Return the YAML documents of one text, each as a file. A document begins with a line `---`, here with its name if
    it has one: `--- # common.yaml`. Empty lines replace the text before it, so that errors have the right line.
    Raise YamlError if there are too many."""
    text = file.text.removeprefix("\ufeff").replace("\r\n", "\n")
    marks = list(PART.finditer(text))
    begins = [(0, file.name), *((one.end(), ((one["name"] or "").strip() or file.name)[:100]) for one in marks)]
    ends = [*(one.start() for one in marks), len(text)]
    places = [
        (name, begin, end)
        for (begin, name), end in zip(begins, ends, strict=True)
        if SAYS_SOMETHING.search(text[begin:end])
    ]
    if len(places) > MOST_FILES:
        raise _too_many()
    found = [File(name, "\n" * text.count("\n", 0, begin) + text[begin:end]) for name, begin, end in places]
    if len(found) < 2:
        return found or [File(file.name, text)]
    names = [one.name for one in found]
    again = [
        _("{name} (part {number})", name=one.name, number=n).strip() if names.count(one.name) > 1 else one.name
        for n, one in enumerate(found, 1)
    ]
    return [File(name, one.text) for name, one in zip(again, found, strict=True)]


def joined(files: Sequence[File]) -> str:
    """Return these files as one text, which `parts` splits again."""
    if len(files) == 1:
        return files[0].text
    return "".join(f"--- # {one.name or 'file'}\n{one.text.strip(chr(10))}\n" for one in files)


def read(files: Sequence[File]) -> Kept:
    """Return the values of these files, merged in this order. Raise YamlError with the name of the file."""
    if sum(len(one.text.lstrip("\n")) for one in files) > LARGEST:
        raise YamlError(_("The files are too large. The maximum is {size} in total.", size=f"{LARGEST // 1024} KiB"))
    inside = [part for one in files for part in parts(one)]
    if len(inside) > MOST_FILES:
        raise _too_many()
    values: Tree = {}
    notes: list[str] = []
    names = tuple(one.name for one in inside)
    for one in inside:
        said = f"{one.name}: " if one.name and len(inside) > 1 else ""
        try:
            tree = _load(one.text)
            at = _wrapper(tree)
        except YamlError as error:
            raise YamlError(f"{one.name}: {error}" if one.name else str(error)) from None
        notes += [f"{said}{note}" for note in _about(tree, at)]
        below = get(tree, at) or {}
        taken = [path for path, value in leaves(below) if value is None and isinstance(get(values, path), dict)]
        notes += [f"{said}{_removes(path)}" for path in taken]
        overlay(values, below)
    values, more = translated(values)
    return Kept(values, names, (*notes, *more))


def _removes(path: Path) -> str:
    return _("{at} is empty: as in Helm, this removes the settings below it from earlier files.", at=".".join(path))


def _load(text: str) -> Tree:
    if text.lstrip().startswith("$ANSIBLE_VAULT"):
        raise YamlError(str(VAULT_SAID))
    tree = load_map(text, anchors=True)
    sops = tree.get("sops")
    if SOPS.search(text) or (isinstance(sops, dict) and {"mac", "lastmodified", "version"} & sops.keys()):
        raise YamlError(str(SOPS_SAID))
    return tree


def _map_or_nothing(tree: Tree, name: str) -> bool:
    return name in tree and (tree[name] is None or isinstance(tree[name], dict))


def _wrapper(tree: Tree) -> Path:
    """Return the path of JupyterHub's values: (), ("jupyterhub",), ("basehub", "jupyterhub"), or another chart's name.
    Raise YamlError for a file with several hubs."""
    at: Path = ()
    while len(at) < DEEPEST and (name := _next(get(tree, at) or {}, outermost=not at)):
        at += (name,)
    return at


def _next(tree: Tree, *, outermost: bool) -> str:
    if _map_or_nothing(tree, WRAPPER):
        return WRAPPER
    if not outermost or any(name in tree for name in OWN):
        return ""
    known = chart.keys()
    around = {name: one for name, one in tree.items() if isinstance(one, dict) and name not in known}
    found = [name for name, one in around.items() if _map_or_nothing(one, WRAPPER)]
    found = found or [name for name, one in around.items() if any(isinstance(one.get(key), dict) for key in OWN)]
    if len(found) > 1:
        said = _(
            "This file contains several hubs: {names}. Import each hub from a separate file.", names=", ".join(found)
        )
        raise YamlError(said)
    return found[0] if found else ""


def _about(tree: Tree, at: Path) -> Iterator[str]:
    """Yield notes about a file whose values are at this path."""
    if not at:
        return
    yield _("The hub’s values were found below “{place}”.", place=".".join(at))
    beside = [
        (*at[:length], name) for length in range(len(at)) for name in _names(tree, at[:length]) if name != at[length]
    ]
    lost = [".".join(path) for path in beside if path[-1] in OWN]
    others = [".".join(path) for path in beside if path[-1] not in OWN]
    if others:
        yield _(
            "Not imported: {names}. This belongs to the chart around JupyterHub, not to the hub.",
            names=", ".join(others),
        )
    if lost:
        yield _(
            "Not imported: {names}. JupyterHub’s chart reads only settings below “{place}”. Move it there.",
            names=", ".join(lost), place=".".join(at),
        )  # fmt: skip


def _names(tree: Tree, at: Path) -> list[str]:
    found: Any = get(tree, at)
    return list(found) if isinstance(found, dict) else []

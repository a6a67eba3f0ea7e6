"""Descriptions of volumes, mounts and containers of people's servers. Pure."""

import re
from pathlib import PurePosixPath
from typing import Any

from hubs.language import _
from hubs.spec.pod_pieces import FOR_ADMINS, Row

HOME = "home"  # the volume for home directories
_GIT = re.compile(r"(.*/)?([a-z0-9-]*git[a-z0-9-]*)(:|@|$)")
_TAKES_A_WORD = ("-b", "--branch", "--depth", "-o", "--origin", "-c", "--config", "-j", "--jobs")


def in_words(row: Row) -> str:
    """Return a description of one row: a mount, a container or a volume."""
    if "mountPath" in row:
        return _folder(row)
    if "image" in row or "command" in row or "args" in row:
        return container(row)
    return _volume(row)


def part_name(row: Row) -> str:
    """Return the name of a row in a list of rows."""
    return str(row.get("mountPath") or row.get("name") or "")


def _folder(row: Row) -> str:
    said = [_where(str(row.get("name", "")), str(row.get("subPath", "")))]
    said.append(_("read-only") if row.get("readOnly") else _("read and write"))
    if row.get(FOR_ADMINS):
        said.append(_("hub admins only"))
    return f"{row['mountPath']}: {', '.join(said)}"


def _where(volume: str, folder: str) -> str:
    if volume == HOME:
        return _("“{folder}” on the home volume", folder=folder) if folder else _("the home volume")
    if folder:
        return _("“{folder}” on the volume “{name}”", folder=folder, name=volume)
    return _("the volume “{name}”", name=volume)


def _volume(row: Row) -> str:
    kind = next((key for key in row if key != "name"), "")
    said: Any = row.get(kind) if isinstance(row.get(kind), dict) else {}
    return f"{row.get('name', '')}: {_of_kind(kind, said)}"


def _of_kind(kind: str, said: Row) -> str:
    match kind:
        case "emptyDir":
            return _scratch(said)
        case "persistentVolumeClaim":
            return _("volume claim “{name}”", name=said.get("claimName", ""))
        case "configMap":
            return _("ConfigMap “{name}”", name=said.get("name", ""))
        case "secret":
            return _("Secret “{name}”", name=said.get("secretName", ""))
        case "nfs":
            return _("“{path}” on the NFS server {server}", path=said.get("path", ""), server=said.get("server", ""))
    return kind


def _scratch(said: Row) -> str:
    size, in_memory = said.get("sizeLimit"), said.get("medium") == "Memory"
    if not size:
        return _("temporary memory storage") if in_memory else _("temporary storage")
    if in_memory:
        return _("temporary memory storage, up to {size}", size=size)
    return _("temporary storage, up to {size}", size=size)


# --- containers -------------------------------------------------------------------------------------------------------
def container(row: Row) -> str:
    """Return what a container does, if its command tells, else its name and image."""
    words = _command(row)
    if clone := cloned(row):
        return _("Clone {repository} into {folder}", repository=clone[0], folder=clone[1])
    if words and PurePosixPath(words[0]).name == "chown":
        return _chown([word for word in words[1:] if not word.startswith("-")])
    return f"{row.get('name', '')}: {row.get('image', '')}"


def cloned(row: Row) -> tuple[str, str] | None:
    """Return (repository, folder) of a container that only clones a repository, else None."""
    words = _command(row)
    if words and PurePosixPath(words[0]).name == "git":
        words = words[1:]
    elif row.get("command") or not _GIT.match(str(row.get("image", ""))):
        return None
    if not words or words[0] != "clone":
        return None
    rest: list[str] = []
    skip = False
    for word in words[1:]:
        if skip or word.startswith("-"):
            skip = not skip and word in _TAKES_A_WORD
            continue
        rest.append(word)
    if not 1 <= len(rest) <= 2 or "://" not in rest[0]:
        return None
    folder = rest[1] if len(rest) == 2 else rest[0].rstrip("/").rpartition("/")[2].removesuffix(".git")
    return rest[0], folder


def _command(row: Row) -> list[str]:
    """Return a container's command as a list of words, also from a simple `sh -c` line; [] if it is too complex."""
    words: list[Any] = []
    for key in ("command", "args"):
        said = row.get(key) or []
        words += said if isinstance(said, list) else [said]
    if not all(isinstance(word, str) for word in words):
        return []
    if len(words) == 3 and PurePosixPath(words[0]).name in ("sh", "bash") and words[1] == "-c":
        line = words[2].strip()
        return [] if re.search(r"[;&|<>`$\n\"'\\]", line) else line.split()
    return words


def _chown(words: list[str]) -> str:
    """Return a chown command in words: "Change the owner of /home/jovyan to 1000:1000"."""
    if len(words) < 2:
        return _("Change the owner of files")
    return _("Change the owner of {folders} to {owner}", folders=", ".join(words[1:]), owner=words[0])

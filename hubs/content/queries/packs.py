"""The names of a commit's files, out of the pack that a git server sends. Pure, and bounded: a server may be hostile.

Source: git's documentation, gitformat-pack. Only what a shallow fetch without file contents holds is read: commits,
trees, and differences between trees. Read by hand because every number in a pack is the server's, and a library takes
as much memory as the pack asks for.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_OBJECTS = 20_000
MOST_BYTES = 8 * 1024 * 1024  # of all objects together, unpacked
MOST_FILES = 5_000
DEEPEST = 30  # folders in folders
LONGEST = 4096  # bytes of a path, as Linux has it: 5,000 files below a name of a megabyte would be gigabytes
MOST_ROUNDS = 60  # differences to what comes later; git itself makes chains of 50
PIECE = 4096  # bytes that are unpacked at a time: what is left over of each is copied
COMMIT, TREE, BY_PLACE, BY_NAME = 1, 2, 6, 7
KINDS = {COMMIT: b"commit", TREE: b"tree"}
FOLDER, FILE_OR_LINK = b"40000", (b"100", b"120")  # and 160000, a submodule: no file of this repository


class Strange(ValueError):
    """This is no pack, or a larger one than the portal reads."""


@dataclass
class _Pack:
    """The objects of a pack by place and by name, as (kind, content)."""

    places: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    names: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    size: int = 0

    def put(self, place: int, kind: int, content: bytes) -> None:
        self.size += len(content)
        if self.size > MOST_BYTES:
            raise Strange("The repository has more than the portal reads.")
        self.places[place] = (kind, content)
        if kind in KINDS:
            head = b"%s %d\0" % (KINDS[kind], len(content))
            self.names[hashlib.sha1(head + content, usedforsecurity=False).hexdigest()] = (kind, content)


def files(pack: bytes, commit: str) -> list[str]:
    """Paths of the commit's files in git's order, at most MOST_FILES. Raises Strange."""
    try:
        objects = _read(pack).names
        kind, content = objects[commit]
        if kind != COMMIT or not content.startswith(b"tree "):
            raise Strange("The server sent another commit.")
        return list(_walk(objects, content[5:45].decode("ascii")))
    except Strange:
        raise
    except (KeyError, IndexError, ValueError, zlib.error) as error:
        raise Strange("The server sent what is no repository.") from error


def _read(pack: bytes) -> _Pack:
    count = int.from_bytes(pack[8:12], "big")
    if pack[:4] != b"PACK" or pack[4:8] != b"\0\0\0\2" or count > MOST_OBJECTS:
        raise Strange("The repository has more than the portal reads.")
    found, waiting, at = _Pack(), [], 12
    for _ in range(count):
        place, (kind, size, at) = at, _head(pack, at)
        base: int | str = 0
        if kind == BY_PLACE:
            back, at = _offset(pack, at)
            base = place - back
        elif kind == BY_NAME:
            base, at = pack[at : at + 20].hex(), at + 20
        content, at = _unpacked(pack, at, size)
        if kind in (BY_PLACE, BY_NAME):
            found.size += size
            waiting.append((place, base, content))
        else:
            found.put(place, kind, content)
    _apply_all(found, waiting)
    return found


def _unpacked(pack: bytes, at: int, size: int) -> tuple[bytes, int]:
    """(the content of this size that begins here, where it ends). Never more than it should have."""
    if size > MOST_BYTES:
        raise Strange("The repository has more than the portal reads.")
    unpacker, content = zlib.decompressobj(), bytearray()
    while not unpacker.eof:
        piece = pack[at : at + PIECE]
        content += unpacker.decompress(piece, size + 1 - len(content))
        at += len(piece)
        if len(content) > size or not piece:
            raise Strange("The server sent what is no repository.")
    if len(content) != size:
        raise Strange("The server sent what is no repository.")
    return bytes(content), at - len(unpacker.unused_data)


def _apply_all(found: _Pack, waiting: list[tuple[int, int | str, bytes]]) -> None:
    """A difference may be to one that comes later: as long as something fits, it goes on."""
    for _ in range(MOST_ROUNDS):
        if not waiting:
            return
        left = []
        for place, base, delta in waiting:
            known = found.places.get(base) if isinstance(base, int) else found.names.get(base)
            if known is None:
                left.append((place, base, delta))
            else:
                found.put(place, known[0], _apply(known[1], delta))
        if len(left) == len(waiting):
            break
        waiting = left
    raise Strange("The server sent differences to what it did not send.")


def _head(pack: bytes, at: int) -> tuple[int, int, int]:
    """(kind, size, where the content begins) of the object here."""
    byte = pack[at]
    kind, size, shift = byte >> 4 & 7, byte & 15, 4
    while byte & 128:
        at += 1
        byte = pack[at]
        size |= (byte & 127) << shift
        shift += 7
        if shift > 60:
            raise Strange("The server sent what is no repository.")
    return kind, size, at + 1


def _offset(pack: bytes, at: int) -> tuple[int, int]:
    byte = pack[at]
    back = byte & 127
    while byte & 128:
        at += 1
        byte = pack[at]
        back = (back + 1) << 7 | byte & 127
        if back > len(pack):
            raise Strange("The server sent what is no repository.")
    return back, at + 1


def _apply(base: bytes, delta: bytes) -> bytes:
    """The content that differs so from its base. Raises Strange, IndexError."""
    (_, at), out = _number(delta, 0), bytearray()
    size, at = _number(delta, at)
    if size > MOST_BYTES:
        raise Strange("The repository has more than the portal reads.")
    while at < len(delta):
        order = delta[at]
        at += 1
        if not order & 128:
            out += delta[at : at + order]
            at += order
        else:
            numbers = []
            for bits, width in ((order, 4), (order >> 4, 3)):
                value = 0
                for byte in range(width):
                    if bits >> byte & 1:
                        value |= delta[at] << 8 * byte
                        at += 1
                numbers.append(value)
            start, length = numbers[0], numbers[1] or 0x10000
            out += base[start : start + length]
        if len(out) > size:
            raise Strange("The server sent what is no repository.")
    return bytes(out)


def _number(delta: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = delta[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if not byte & 128 or shift > 60:
            return value, at


def _walk(objects: dict[str, tuple[int, bytes]], root: str) -> Iterator[str]:
    """Depth first; a tree that names itself ends at DEEPEST, one that names many at MOST_FILES steps."""
    stack, steps = [("", root, 0)], 0
    while stack:
        path, name, depth = stack.pop()
        kind, content = objects[name]
        if kind != TREE:
            raise Strange("The server sent what is no repository.")
        folders, at = [], 0
        while at < len(content):
            steps += 1
            if steps > MOST_FILES:
                return
            space, end = content.index(b" ", at), content.index(b"\0", at)
            mode, at = content[at:space], end + 21
            if len(path) + end - space > LONGEST:
                raise Strange("The repository has more than the portal reads.")
            whole = path + content[space + 1 : end].decode("utf-8", "replace")
            if mode == FOLDER and depth < DEEPEST:
                folders.append((f"{whole}/", content[end + 1 : at].hex(), depth + 1))
            elif mode.startswith(FILE_OR_LINK):
                yield whole
        stack += reversed(folders)

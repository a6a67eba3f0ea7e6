"""Paths of a commit's files, read from a pack of a Git server. Pure, with limits: a server may be malicious.

Source: git's documentation, gitformat-pack. Reads only what a shallow fetch without file contents has: commits, trees,
and deltas of trees. There is a parser of our own because every number in a pack comes from the server, and libraries
allocate as much memory as the pack declares.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from hubs.language import lazy

MOST_OBJECTS = 20_000
MOST_BYTES = 8 * 1024 * 1024  # of all objects together, unpacked
MOST_FILES = 5_000
DEEPEST = 30  # folders in folders
LONGEST = 4096  # bytes of a path, as in Linux: 5,000 files below a name of 1 MB would be gigabytes
MOST_ROUNDS = 60  # for deltas of later objects; git itself makes chains of 50
PIECE = 4096  # bytes unpacked at a time: the rest of each piece is copied
COMMIT, TREE, BY_PLACE, BY_NAME = 1, 2, 6, 7
KINDS = {COMMIT: b"commit", TREE: b"tree"}
TOO_LARGE = lazy("The repository is too large for the portal to read.")
INVALID, INCOMPLETE = (
    lazy("The Git server sent an invalid response."),
    lazy("The Git server sent an incomplete response."),
)
OTHER_COMMIT = lazy("The Git server sent another commit.")
FOLDER, FILE_OR_LINK = b"40000", (b"100", b"120")  # and 160000, a submodule, which has no files here


class Strange(ValueError):
    """The pack is invalid or exceeds a limit."""


@dataclass
class _Pack:
    """Objects of a pack by offset and by name, as (kind, content)."""

    places: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    names: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    size: int = 0

    def put(self, place: int, kind: int, content: bytes) -> None:
        self.size += len(content)
        if self.size > MOST_BYTES:
            raise Strange(TOO_LARGE)
        self.places[place] = (kind, content)
        if kind in KINDS:
            head = b"%s %d\0" % (KINDS[kind], len(content))
            self.names[hashlib.sha1(head + content, usedforsecurity=False).hexdigest()] = (kind, content)


def files(pack: bytes, commit: str) -> list[str]:
    """Return the paths of the commit's files in git's order, at most MOST_FILES. Raise Strange."""
    try:
        objects = _read(pack).names
        kind, content = objects[commit]
        if kind != COMMIT or not content.startswith(b"tree "):
            raise Strange(OTHER_COMMIT)
        return list(_walk(objects, content[5:45].decode("ascii")))
    except Strange:
        raise
    except (KeyError, IndexError, ValueError, zlib.error) as error:
        raise Strange(INVALID) from error


def _read(pack: bytes) -> _Pack:
    count = int.from_bytes(pack[8:12], "big")
    if pack[:4] != b"PACK" or pack[4:8] != b"\0\0\0\2" or count > MOST_OBJECTS:
        raise Strange(TOO_LARGE)
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
    """Return (content of the object at this offset, where it ends). Never unpack more than `size` bytes."""
    if size > MOST_BYTES:
        raise Strange(TOO_LARGE)
    unpacker, content = zlib.decompressobj(), bytearray()
    while not unpacker.eof:
        piece = pack[at : at + PIECE]
        content += unpacker.decompress(piece, size + 1 - len(content))
        at += len(piece)
        if len(content) > size or not piece:
            raise Strange(INVALID)
    if len(content) != size:
        raise Strange(INVALID)
    return bytes(content), at - len(unpacker.unused_data)


def _apply_all(found: _Pack, waiting: list[tuple[int, int | str, bytes]]) -> None:
    """Apply all deltas. A base may follow its delta, so repeat as long as a round applies one."""
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
    raise Strange(INCOMPLETE)


def _head(pack: bytes, at: int) -> tuple[int, int, int]:
    """Return (kind, size, where the content begins) of the object at this offset."""
    byte = pack[at]
    kind, size, shift = byte >> 4 & 7, byte & 15, 4
    while byte & 128:
        at += 1
        byte = pack[at]
        size |= (byte & 127) << shift
        shift += 7
        if shift > 60:
            raise Strange(INVALID)
    return kind, size, at + 1


def _offset(pack: bytes, at: int) -> tuple[int, int]:
    byte = pack[at]
    back = byte & 127
    while byte & 128:
        at += 1
        byte = pack[at]
        back = (back + 1) << 7 | byte & 127
        if back > len(pack):
            raise Strange(INVALID)
    return back, at + 1


def _apply(base: bytes, delta: bytes) -> bytes:
    """Return the content that results from applying the delta. Raise Strange, IndexError."""
    (_, at), out = _number(delta, 0), bytearray()
    size, at = _number(delta, at)
    if size > MOST_BYTES:
        raise Strange(TOO_LARGE)
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
            raise Strange(INVALID)
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
    """Yield paths depth first. A tree that contains itself ends at DEEPEST, a large one after MOST_FILES steps."""
    stack, steps = [("", root, 0)], 0
    while stack:
        path, name, depth = stack.pop()
        kind, content = objects[name]
        if kind != TREE:
            raise Strange(INVALID)
        folders, at = [], 0
        while at < len(content):
            steps += 1
            if steps > MOST_FILES:
                return
            space, end = content.index(b" ", at), content.index(b"\0", at)
            mode, at = content[at:space], end + 21
            if len(path) + end - space > LONGEST:
                raise Strange(TOO_LARGE)
            whole = path + content[space + 1 : end].decode("utf-8", "replace")
            if mode == FOLDER and depth < DEEPEST:
                folders.append((f"{whole}/", content[end + 1 : at].hex(), depth + 1))
            elif mode.startswith(FILE_OR_LINK):
                yield whole
        stack += reversed(folders)

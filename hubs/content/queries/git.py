"""Queries to a public Git server: the branches of a repository, and the files of a branch. Git's smart HTTP protocol
(gitprotocol-v2). All requests use the outbound client, and each response has a size limit."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from hubs.errors import DomainError
from hubs.language import lazy
from hubs.outbound.client import Question

from . import packs
from .packs import TOO_LARGE, Strange

MOST_BRANCHES = 500
MOST_BYTES = 2 * 1024 * 1024  # of one answer
TYPE = "application/x-git-upload-pack"
V2 = {"Git-Protocol": "version=2"}
HEADS = "refs/heads/"
FLUSH, DELIMITER = b"0000", b"0001"
NO_HOST = lazy("This is not a valid host name. Copy the address from the repository’s web page.")
CLOSED = lazy("The repository does not exist, or it can’t be read without a password.")
NO_GIT = lazy("There is no Git repository at this address.")


class NotThere(DomainError):
    """No readable repository at this address. The message says what was found instead."""


@dataclass(frozen=True)
class Repository:
    """A repository: its default branch ("": none yet) and the newest commit of each branch."""

    address: str  # after redirects
    usual: str
    branches: dict[str, str]
    lists_files: bool  # supports fetching without file contents


def _line(text: str) -> bytes:
    data = text.encode() + b"\n"
    return b"%04x%s" % (len(data) + 4, data)


def lines(body: bytes) -> Iterator[bytes]:
    """Yield the lines of a response; an empty line is a flush or delimiter. Raise Strange."""
    at = 0
    while at < len(body):
        try:
            size = int(body[at : at + 4], 16)
        except ValueError:
            raise Strange(NO_GIT) from None
        if size < 4:
            at += 4
            yield b""
        elif at + size > len(body):
            raise Strange(TOO_LARGE)
        else:
            yield body[at + 4 : at + size]
            at += size


def ask(question: Question, address: str) -> Repository:
    """Return the repository's branches. Raise NotThere, Strange, Forbidden, Unanswered."""
    try:
        parts = httpx.URL(address)
    except httpx.InvalidURL:
        raise NotThere(str(NO_HOST)) from None
    bare = str(parts.copy_with(scheme=question.door.scheme(parts.host, parts.port))).removesuffix(".git")
    for tried in (f"{bare}.git", bare):
        answer = question.get(f"{tried}/info/refs?service=git-upload-pack", headers=V2, most_bytes=MOST_BYTES)
        if answer.status == 200 and answer.headers.get("content-type", "").startswith(TYPE):
            break
    else:
        raise NotThere(str(NO_GIT if answer.status == 200 else CLOSED))
    found = [line.rstrip(b"\n") for line in lines(answer.body)]
    base = answer.url.partition("/info/refs")[0]
    if b"version 2" not in found:
        return _first_version(base, found)
    may = {line.partition(b"=")[0]: line.partition(b"=")[2] for line in found}
    said = [_line("command=ls-refs"), DELIMITER, _line("symrefs"), _line("ref-prefix HEAD")]
    told = _post(question, base, b"".join([*said, _line(f"ref-prefix {HEADS}"), FLUSH]))
    usual, branches = "", dict[str, str]()
    for line in lines(told):
        commit, _, rest = line.decode("utf-8", "replace").strip().partition(" ")
        name, *more = rest.split(" ")
        if name == "HEAD":
            usual = next((one.partition(":")[2] for one in more if one.startswith("symref-target:")), "")
        elif name.startswith(HEADS) and len(branches) < MOST_BRANCHES:
            branches[name.removeprefix(HEADS)] = commit
    filters = b"filter" in may.get(b"fetch", b"").split(b" ")
    return Repository(base, usual.removeprefix(HEADS), branches, filters)


def _first_version(base: str, found: list[bytes]) -> Repository:
    """Parse the response of protocol version 1: all refs at once, capabilities after the first name."""
    usual, branches = "", dict[str, str]()
    for line in found:
        text, _, able = line.decode("utf-8", "replace").partition("\0")
        commit, _, name = text.partition(" ")
        if name == "HEAD":
            usual = next((one[12:] for one in able.split(" ") if one.startswith("symref=HEAD:")), "")
        elif name.startswith(HEADS) and len(branches) < MOST_BRANCHES:
            branches[name.removeprefix(HEADS)] = commit
    return Repository(base, usual.removeprefix(HEADS), branches, False)


def files(question: Question, repository: Repository, branch: str) -> list[str]:
    """Return the paths of the files of a branch, without contents. Raise Strange, Forbidden, Unanswered."""
    commit = repository.branches[branch]
    wanted = ["no-progress", "filter blob:none", "deepen 1", f"want {commit}", "done"]
    body = b"".join([_line("command=fetch"), DELIMITER, *(_line(one) for one in wanted), FLUSH])
    pack, inside = bytearray(), False
    for line in lines(_post(question, repository.address, body)):
        if line == b"packfile\n":
            inside = True
        elif inside and line[:1] == b"\1":
            pack += line[1:]
    return packs.files(bytes(pack), commit)


def _post(question: Question, base: str, body: bytes) -> bytes:
    headers = {**V2, "Content-Type": f"{TYPE}-request", "Accept": f"{TYPE}-result"}
    answer = question.post(f"{base}/git-upload-pack", body, headers=headers, most_bytes=MOST_BYTES)
    if answer.status != 200:
        raise NotThere(str(CLOSED))
    return answer.body

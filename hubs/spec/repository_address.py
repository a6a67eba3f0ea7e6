"""Whatever address a teacher copies from the page of a repository: which repository, branch and file it means. Pure.

Sources: the addresses of GitHub, GitLab, Forgejo and Gitea (Codeberg), Bitbucket, Azure DevOps, SourceHut and Hugging
Face as their pages show them; nbgitpuller 1.2 (link generator), mybinder.org, Colab and nbviewer. What is known by its
shape (`/tree/`, `/-/blob/`, `/src/branch/`) is read at any host, as many universities run their own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

LONGEST = 2000  # characters of an address; browsers take no longer ones
STRANGE = re.compile(r"[\x00-\x20\x7f\ud800-\udfff\\<>\"]")
UNREADABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\\/]")  # of a part, after its %20 and the like were read
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SCP = re.compile(r"(?:[\w.-]+@)?([\w-]+(?:\.[\w-]+)+):(?!//)(?:~|/)?([^\s:@]+/[^\s:@]+)")  # git@host:owner/name.git
ARCHIVE = re.compile(r"\.(zip|tar|tgz|tar\.gz|tar\.bz2|tar\.xz|7z|rar)$", re.IGNORECASE)
DOCUMENT = re.compile(r"\.(ipynb|pdf|docx?|pptx?|xlsx?|csv|html?)$", re.IGNORECASE)

EMPTY = "Paste the address of the repository."
NO_ADDRESS = "Write an address that begins with https://, as the page of the repository shows it for cloning."
IN_THE_OPEN = "Everybody who gets the address would see this password. Use a repository that can be read without one."
BARE = "Write the address of the repository itself, without anything after it."
PULL = (
    "This is the address of a proposed change (pull or merge request), not of a branch. Copy the address of the "
    "repository, and name the branch that the change comes from."
)
ONE_COMMIT = "This is the address of one commit, which never changes. Copy the address of a branch instead."
LONE_ARCHIVE = "This is an archive of files. Paste the address of the git repository that it was made from."
LONE_FILE = "This is the address of one file. Paste the address of the repository that it is in."
DRIVE = (
    "This file is kept in an online drive, which a hub cannot read. Put the material into a git repository, for "
    "example at GitHub, GitLab or Codeberg."
)
DATA = "This is a page of a data archive, not a git repository. Paste the address of the repository behind it."
CLASSROOM = "This is an assignment of GitHub Classroom. Paste the address of its template repository."
SITE = "This is a web site made from a repository. Paste the address of the repository itself."

_DRIVES = ("drive.google.com", "docs.google.com", "dropbox.com", "onedrive.live.com", "1drv.ms", "sharepoint.com",
           "icloud.com", "box.com")  # fmt: skip
_DATA = ("zenodo.org", "doi.org", "osf.io", "figshare.com", "kaggle.com", "arxiv.org")
_SITES = ("github.io", "gitlab.io", "codeberg.page", "readthedocs.io")
_NO_REPOSITORY = {"classroom.github.com": CLASSROOM, **dict.fromkeys(_DRIVES, DRIVE), **dict.fromkeys(_DATA, DATA),
                  **dict.fromkeys(_SITES, SITE)}  # fmt: skip
# The page of a file or folder: what stands between the repository and "branch/path".
_SHOWS = ("tree", "blob", "raw", "edit", "blame", "commits", "resolve")
_PULLS = ("pull", "pulls", "merge_requests", "pull-requests", "pullrequest")
_MARKS = (*_SHOWS, *_PULLS, "src", "archive", "get")
_OWNER_AND_NAME = ("https://github.com", "https://www.github.com", "https://codeberg.org", "https://bitbucket.org")
_BINDER = {"gh": "https://github.com/", "gl": "https://gitlab.com/"}


class NoRepository(ValueError):
    """No repository can be read from this; the sentence says why, and what to do."""


@dataclass(frozen=True)
class Material:
    """A repository (an https:// address for `git clone`), its branch ("": the usual one), and a path inside it ("":
    the whole). `rest` is "branch/path" where only the repository knows how long the branch's name is."""

    repository: str
    branch: str = ""
    path: str = ""
    rest: str = ""

    def settled(self, branches: Sequence[str]) -> "Material":
        """The same, once the repository's branches are known: "feature/x" is a branch, too."""
        fits = [name for name in branches if self.rest == name or self.rest.startswith(f"{name}/")]
        if not fits:
            return self
        branch = max(fits, key=len)
        return replace(self, branch=branch, path=self.rest[len(branch) :].strip("/"))


def folder_of(repository: str) -> str:
    """The folder in the home, as `git clone` names it.

    >>> folder_of("https://git.example.edu/stats/course.git")
    'course'
    """
    last = repository.rstrip("/").rsplit("/", 1)[-1]
    return last.removesuffix(".git") or last


def read(text: str) -> Material:
    """What an address means. Raises NoRepository.

    >>> read("https://git.example.edu/uni/course/blob/main/a.ipynb")
    Material(repository='https://git.example.edu/uni/course', branch='main', path='a.ipynb', rest='main/a.ipynb')
    """
    address = _address(text)
    try:
        parts = urlsplit(address)
        named = bool(parts.hostname) and parts.port != 0
    except ValueError:
        named = False
    if not named or parts.scheme != "https" or STRANGE.search(address) or "." not in str(parts.hostname):
        raise NoRepository(NO_ADDRESS)
    if parts.password is not None:
        raise NoRepository(IN_THE_OPEN)
    if parts.username is not None:  # Bitbucket writes the name of whoever copies into the address
        parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    host = str(parts.hostname).removeprefix("www.")
    for name, sentence in _NO_REPOSITORY.items():
        if host == name or host.endswith(f".{name}"):
            raise NoRepository(sentence)
    words = [unquote(word) for word in parts.path.split("/") if word]
    if any(word in (".", "..") or ("/" in word and host != "mybinder.org") for word in words):
        raise NoRepository(NO_ADDRESS)
    found = _through_another(host, parts, words) or _at_a_known_host(host, parts, words)
    return found or _by_shape(f"https://{parts.netloc}", parts, words)


def _address(text: str) -> str:
    """One https:// address out of what was pasted. Raises NoRepository."""
    words = text.strip().strip("<>\"'`").split()
    if words[:2] == ["git", "clone"]:
        words = [word for word in words[2:] if "/" in word][:1]
    if not words:
        raise NoRepository(EMPTY)
    address = words[0].strip("<>\"'`")
    if len(words) > 1 or len(address) > LONGEST:
        raise NoRepository(NO_ADDRESS)
    if scp := SCP.fullmatch(address):
        return f"https://{scp[1]}/{scp[2]}"
    scheme, apart, rest = address.partition("://")
    if not apart:
        return f"https://{address}" if re.match(r"[\w-]+(\.[\w-]+)+/", address) else address
    if scheme.lower() in ("http", "git", "ssh", "git+ssh", "git+https"):
        name = rest.partition("/")[0].rpartition("@")
        if scheme.lower() not in ("http", "git+https"):  # a key is no password, and another port is not the web's
            rest = name[2].partition(":")[0] + rest[rest.find("/") :] if "/" in rest else rest
        return f"https://{rest}"
    return f"{scheme.lower()}://{rest}"


def _repository(root: str, words: Sequence[str]) -> str:
    """Root and path as git takes them. Raises NoRepository."""
    if not words or any(UNREADABLE.search(word) or word.startswith("-") for word in words):
        raise NoRepository(BARE if not words else NO_ADDRESS)
    return "/".join([root, *(quote(word, safe="~+") for word in words)])


def _shown(repository: str, rest: Sequence[str]) -> Material:
    """ "branch/path" after the repository. Raises NoRepository."""
    rest = list(rest)
    if rest[:2] in (["refs", "heads"], ["refs", "tags"]):
        rest = rest[2:]
    if not rest:
        return Material(repository)
    if COMMIT.fullmatch(rest[0]):
        raise NoRepository(ONE_COMMIT)
    return Material(repository, rest[0], "/".join(rest[1:]), "/".join(rest))


def _archive(repository: str, rest: Sequence[str]) -> Material:
    """What stands after `archive/`: a branch, with its kind before it and an ending behind it. Raises NoRepository."""
    words = list(rest)
    if words and ARCHIVE.search(words[-1]):
        words[-1] = ARCHIVE.sub("", words[-1])
        if words[-1].endswith(".tar"):
            words[-1] = words[-1][: -len(".tar")]
    found = _shown(repository, words)
    return replace(found, branch=found.rest, path="")


def _through_another(host: str, parts: SplitResult, words: list[str]) -> Material | None:
    """Addresses of pages that show or open somebody else's repository. Raises NoRepository."""
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if "git-pull" in words and "repo" in query:
        return _link(query)
    if "next" in query and "git-pull" in query["next"]:  # the sign-in page on the way there
        inner = parse_qs(urlsplit(query["next"]).query)
        return _link({name: values[0] for name, values in inner.items()})
    if host in ("colab.research.google.com", "colab.google.com"):
        if words[:1] != ["github"]:
            raise NoRepository(DRIVE)
        return _by_shape("https://github.com", parts._replace(query="", fragment=""), words[1:])
    if host in ("nbviewer.org", "nbviewer.jupyter.org", "nbviewer.ipython.org"):
        if words[:1] == ["github"]:
            return _by_shape("https://github.com", parts, words[1:])
        if words[:1] == ["gist"] and len(words) > 2:
            return Material(_repository("https://gist.github.com", words[1:3]))
        raise NoRepository(LONE_FILE)
    if host in ("vscode.dev", "github.dev", "raw.githack.com", "rawgit.com", "deepnote.com"):
        inside = words[words.index("github") + 1 :] if "github" in words else words
        return _by_shape("https://github.com", parts, inside)
    if host == "mybinder.org" and words[:1] == ["v2"]:
        return _binder(words[1:], query)
    return None


def _link(query: dict[str, str]) -> Material:
    """A link for nbgitpuller: its repository, branch, and the file that it opens. Raises NoRepository."""
    found = read(query.get("repo", ""))
    branch = query.get("branch", "") or found.branch
    where = unquote(query.get("urlpath", "") or query.get("subPath", ""))
    folder = query.get("targetpath", "") or folder_of(found.repository)
    _, inside, path = f"/{where}/".partition(f"/{folder}/")
    return Material(found.repository, branch, path.strip("/") if inside else "", "")


def _binder(words: list[str], query: dict[str, str]) -> Material:
    """`v2/gh/owner/name/branch`, and what it opens. Raises NoRepository."""
    kind, rest = (words[:1] or [""])[0], words[1:]
    path = query.get("labpath") or query.get("filepath") or query.get("notebookpath") or ""
    if "git-pull" in query.get("urlpath", ""):  # the material is in another repository than the environment
        return read(f"https://mybinder.org/{query['urlpath'].lstrip('/')}")
    if kind in _BINDER and len(rest) >= 2:
        whole = rest[0].split("/") + rest[1:] if kind == "gl" and "/" in rest[0] else rest
        at = len(rest[0].split("/")) if len(whole) > len(rest) else 2
        found = _shown(_repository(_BINDER[kind].rstrip("/"), whole[:at]), [w for w in whole[at:] if w != "HEAD"])
        return replace(found, branch=found.rest, path=path.strip("/"), rest="")
    if kind == "git" and rest:
        found = read(rest[0])
        return replace(found, branch="/".join(rest[1:]).replace("HEAD", ""), path=path.strip("/"), rest="")
    if kind == "gist" and len(rest) >= 2:
        return Material(_repository("https://gist.github.com", rest[:2]))
    raise NoRepository(DATA if kind in ("zenodo", "figshare", "dataverse", "hydroshare") else NO_ADDRESS)


def _at_a_known_host(host: str, parts: SplitResult, words: list[str]) -> Material | None:
    """Hosts with shapes of their own. Raises NoRepository."""
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    if host == "raw.githubusercontent.com":
        return _shown(_repository("https://github.com", words[:2]), words[2:])
    if host == "codeload.github.com":  # owner/name/zip/refs/heads/main
        return _archive(_repository("https://github.com", words[:2]), words[3:])
    if host in ("gist.github.com", "gist.githubusercontent.com"):
        if not words:
            raise NoRepository(BARE)
        return Material(_repository("https://gist.github.com", words[:2]))
    if host == "huggingface.co":
        first = 3 if words[:1] in (["datasets"], ["spaces"]) else 2
        return _split(_repository(f"https://{host}", words[:first]), words[first:]) if len(words) >= first else None
    if "_git" in words[:-1]:  # Azure DevOps: organisation/project/_git/name
        at = words.index("_git") + 2
        branch = query.get("version", "")
        path = query.get("path", "").strip("/")
        return Material(_repository(f"https://{parts.netloc}", words[:at]), branch.removeprefix("GB"), path, "")
    if host == "git.sr.ht" and len(words) > 3 and words[2] in ("tree", "blob"):
        rest = [word for at, word in enumerate(words[3:]) if not (at == 1 and word == "item")]
        return _shown(_repository(f"https://{host}", words[:2]), rest)
    return None


def _by_shape(root: str, parts: SplitResult, words: list[str]) -> Material:
    """By the words in the path, at whatever host. Raises NoRepository."""
    if root in _OWNER_AND_NAME:
        if len(words) < 2:
            raise NoRepository(BARE)
        return _split(_repository(root, words[:2]), words[2:])  # …/issues, …/wiki, ?tab=readme-ov-file#contents
    if marks := [at for at, word in enumerate(words) if at >= 2 and word in ("-", *_MARKS)]:
        rest = words[marks[0] :]
        if rest[0] == "-":  # GitLab: group/subgroup/name/-/tree/main
            del rest[0]
        return _split(_repository(root, words[: marks[0]]), rest)
    if words and ARCHIVE.search(words[-1]):
        raise NoRepository(LONE_ARCHIVE)
    if len(words) > 2 and DOCUMENT.search(words[-1]):
        raise NoRepository(LONE_FILE)
    if parts.query or (root == "https://gitlab.com" and len(words) < 2):
        raise NoRepository(BARE)
    return Material(_repository(root, words))


def _split(repository: str, words: list[str]) -> Material:
    """What follows the repository: a mark, and what it is of. Raises NoRepository."""
    mark, rest = (words or [""])[0], words[1:]
    if mark in _PULLS:
        raise NoRepository(PULL) if rest else NoRepository(BARE)
    if mark == "commit":
        raise NoRepository(ONE_COMMIT)
    if mark in ("archive", "get"):
        return _archive(repository, rest[:1] if repository.startswith("https://gitlab.") else rest)
    if mark in ("src", "raw", "media") and rest[:1] in (["branch"], ["tag"]):  # Forgejo, Gitea
        return _shown(repository, rest[1:])
    if mark in ("src", "raw", "media") and rest[:1] == ["commit"]:
        raise NoRepository(ONE_COMMIT)
    if mark in (*_SHOWS, "src"):
        return _shown(repository, rest)
    if words[:2] == ["releases", "tag"]:
        return _archive(repository, words[2:])
    return Material(repository)

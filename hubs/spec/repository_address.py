"""Parse any address that a teacher copies from a repository's page: which repository, branch and file it means. Pure.

Sources: the addresses of GitHub, GitLab, Forgejo and Gitea (Codeberg), Bitbucket, Azure DevOps, SourceHut and Hugging
Face; nbgitpuller 1.2 (link generator), mybinder.org, Colab and nbviewer. Known patterns (`/tree/`, `/-/blob/`,
`/src/branch/`) are recognised at any host, because many universities run their own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from hubs.language import lazy

LONGEST = 2000  # characters of an address; browsers accept no longer ones
STRANGE = re.compile(r"[\x00-\x20\x7f\ud800-\udfff\\<>\"]")
UNREADABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\\/]")  # of a part, after percent-decoding
COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SCP = re.compile(r"(?:[\w.-]+@)?([\w-]+(?:\.[\w-]+)+):(?!//)(?:~|/)?([^\s:@]+/[^\s:@]+)")  # git@host:owner/name.git
ARCHIVE = re.compile(r"\.(zip|tar|tgz|tar\.gz|tar\.bz2|tar\.xz|7z|rar)$", re.IGNORECASE)
DOCUMENT = re.compile(r"\.(ipynb|pdf|docx?|pptx?|xlsx?|csv|html?)$", re.IGNORECASE)

EMPTY = lazy("Paste the address of the repository.")
NO_ADDRESS = lazy("Enter an address that begins with https://, as shown in your browser.")
IN_THE_OPEN = lazy(
    "Everyone who gets the address would see this password. Use a repository that can be cloned without one."
)
BARE = lazy("Enter the address of the repository itself, without anything after it.")
PULL = lazy(
    "This is the address of a pull request or merge request, not of a branch. Copy the address of the repository, and "
    "enter the branch of the request."
)
ONE_COMMIT = lazy("This is the address of one commit, which never changes. Copy the address of a branch instead.")
LONE_ARCHIVE = lazy("This is an archive file. Paste the address of the git repository that it was created from.")
LONE_FILE = lazy("This is the address of one file. Paste the address of the repository that contains it.")
DRIVE = lazy(
    "This file is in cloud storage, which a hub can’t read. Put the material into a git repository, for example on "
    "GitHub, GitLab or Codeberg."
)
DATA = lazy("This is a page of a data archive, not a git repository. Paste the address of the git repository.")
CLASSROOM = lazy("This is an assignment of GitHub Classroom. Paste the address of its template repository.")
SITE = lazy("This is a website created from a repository. Paste the address of the repository itself.")

_DRIVES = ("drive.google.com", "docs.google.com", "dropbox.com", "onedrive.live.com", "1drv.ms", "sharepoint.com",
           "icloud.com", "box.com")  # fmt: skip
_DATA = ("zenodo.org", "doi.org", "osf.io", "figshare.com", "kaggle.com", "arxiv.org")
_SITES = ("github.io", "gitlab.io", "codeberg.page", "readthedocs.io")
_NO_REPOSITORY = {"classroom.github.com": CLASSROOM, **dict.fromkeys(_DRIVES, DRIVE), **dict.fromkeys(_DATA, DATA),
                  **dict.fromkeys(_SITES, SITE)}  # fmt: skip
# Path segments between the repository and "branch/path" on the page of a file or folder.
_SHOWS = ("tree", "blob", "raw", "edit", "blame", "commits", "resolve")
_PULLS = ("pull", "pulls", "merge_requests", "pull-requests", "pullrequest")
_MARKS = (*_SHOWS, *_PULLS, "src", "archive", "get")
_OWNER_AND_NAME = ("https://github.com", "https://www.github.com", "https://codeberg.org", "https://bitbucket.org")
_BINDER = {"gh": "https://github.com/", "gl": "https://gitlab.com/"}


class NoRepository(ValueError):
    """The address is not of a repository; the sentence says why, and what to do."""


@dataclass(frozen=True)
class Material:
    """A repository (an https:// address for `git clone`), its branch ("": the default), and a path inside it ("": all).
    `rest` is "branch/path" if the branches have to be known to split it."""

    repository: str
    branch: str = ""
    path: str = ""
    rest: str = ""

    def settled(self, branches: Sequence[str]) -> "Material":
        """Return the same with `rest` split by the repository's branches, such as "feature/x"."""
        fits = [name for name in branches if self.rest == name or self.rest.startswith(f"{name}/")]
        if not fits:
            return self
        branch = max(fits, key=len)
        return replace(self, branch=branch, path=self.rest[len(branch) :].strip("/"))


def folder_of(repository: str) -> str:
    """Return the folder in the home directory, named as by `git clone`.

    >>> folder_of("https://git.example.edu/stats/course.git")
    'course'
    """
    last = repository.rstrip("/").rsplit("/", 1)[-1]
    return last.removesuffix(".git") or last


def read(text: str) -> Material:
    """Return what an address means. Raise NoRepository if it is not of a repository.

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
    if parts.username is not None:  # Bitbucket adds the user name to copied addresses
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
    """Return an https:// address from the pasted text. Raises NoRepository."""
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
        if scheme.lower() not in ("http", "git+https"):  # drop the user, and the port, which is not that of the web
            rest = name[2].partition(":")[0] + rest[rest.find("/") :] if "/" in rest else rest
        return f"https://{rest}"
    return f"{scheme.lower()}://{rest}"


def _repository(root: str, words: Sequence[str]) -> str:
    """Return root and path as an address for git. Raises NoRepository."""
    if not words or any(UNREADABLE.search(word) or word.startswith("-") for word in words):
        raise NoRepository(BARE if not words else NO_ADDRESS)
    return "/".join([root, *(quote(word, safe="~+") for word in words)])


def _shown(repository: str, rest: Sequence[str]) -> Material:
    """Parse "branch/path" after the repository. Raises NoRepository."""
    rest = list(rest)
    if rest[:2] in (["refs", "heads"], ["refs", "tags"]):
        rest = rest[2:]
    if not rest:
        return Material(repository)
    if COMMIT.fullmatch(rest[0]):
        raise NoRepository(ONE_COMMIT)
    return Material(repository, rest[0], "/".join(rest[1:]), "/".join(rest))


def _archive(repository: str, rest: Sequence[str]) -> Material:
    """Parse what follows `archive/`: a branch with a prefix and a file extension. Raises NoRepository."""
    words = list(rest)
    if words and ARCHIVE.search(words[-1]):
        words[-1] = ARCHIVE.sub("", words[-1])
        if words[-1].endswith(".tar"):
            words[-1] = words[-1][: -len(".tar")]
    found = _shown(repository, words)
    return replace(found, branch=found.rest, path="")


def _through_another(host: str, parts: SplitResult, words: list[str]) -> Material | None:
    """Parse addresses of services that show or open repositories of other hosts. Raises NoRepository."""
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
    """Parse an nbgitpuller link: its repository, branch, and the file that it opens. Raises NoRepository."""
    found = read(query.get("repo", ""))
    branch = query.get("branch", "") or found.branch
    where = unquote(query.get("urlpath", "") or query.get("subPath", ""))
    folder = query.get("targetpath", "") or folder_of(found.repository)
    _, inside, path = f"/{where}/".partition(f"/{folder}/")
    return Material(found.repository, branch, path.strip("/") if inside else "", "")


def _binder(words: list[str], query: dict[str, str]) -> Material:
    """Parse `v2/gh/owner/name/branch`, and the file that it opens. Raises NoRepository."""
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
    """Parse addresses of hosts with their own patterns. Raises NoRepository."""
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
    """Parse by the path segments, at any host. Raises NoRepository."""
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
    """Parse what follows the repository: a marker such as "tree", and its argument. Raises NoRepository."""
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

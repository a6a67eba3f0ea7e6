"""Parsing of container image names, as Docker does it (distribution/reference), with errors for invalid ones. Used for
fields, server options and containers alike. Pure."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hubs.language import _
from hubs.spec.chart import Tree
from hubs.spec.trees import Path, get

DOCKER_HUB = "docker.io"
PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REPOSITORY = re.compile(rf"{PART}(?:/{PART})*")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::[0-9]{1,5})?")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
LONGEST = 1000  # characters of a full name; registries allow about half
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# Tags that are usually moved to newer images.
MOVING = frozenset(
    "latest main master stable edge dev devel develop nightly current next head beta alpha canary unstable lts".split()
)


def moving(tag: str) -> bool:
    """
    >>> moving("latest"), moving("notebook-Latest"), moving("2026-10-05")
    (True, True, False)
    """
    tag = tag.lower()
    return tag in MOVING or tag.rpartition("-")[2] == "latest"


@dataclass(frozen=True)
class ImageName:
    host: str  # "docker.io" if none was given
    repository: str
    reference: str  # a tag, or a digest

    def __str__(self) -> str:
        mark = "@" if self.by_digest else ":"
        return f"{self.host}/{self.repository}{mark}{self.reference}"

    @property
    def by_digest(self) -> bool:
        return self.reference.startswith("sha256:")

    @property
    def moving(self) -> bool:
        """Whether this is a tag that may point to another image later."""
        return not self.by_digest and moving(self.reference)

    @property
    def api_host(self) -> str:
        """The host of the registry API, which for Docker Hub differs from the host in image names."""
        return f"registry-1.{DOCKER_HUB}" if self.host == DOCKER_HUB else self.host


def host_of(text: str) -> str:
    """Return a registry's host in its normal form. Raise ValueError with a sentence."""
    host = text.strip().lower().removeprefix("https://").rstrip("/")
    if host in ("index.docker.io", "registry-1.docker.io", "hub.docker.com", "docker.io/library", "index.docker.io/v1"):
        host = DOCKER_HUB
    if "/" in host:
        raise ValueError(_("Enter only the host, such as registry.example.org, without a path."))
    if not HOST.fullmatch(host) or len(host) > 255 or not ("." in host or ":" in host or host == "localhost"):
        raise ValueError(_("Enter the registry’s host, such as registry.example.org."))
    return host


# Web pages of images whose addresses people copy: (host, pattern of the path, registry).
_PAGES: tuple[tuple[str, str, str], ...] = (
    ("hub.docker.com", r"/_/(?P<repository>[^/]+)", ""),
    ("hub.docker.com", r"/(r|repository/docker|layers)/(?P<repository>[^/]+/[^/]+)", ""),
    ("quay.io", r"/repository/(?P<repository>.+?)(/manifest/.*|/tag/.*)?", "quay.io/"),
    ("github.com", r"/(orgs/|users/)?(?P<owner>[^/]+)/(?P<rest>.*/)?(packages/container|pkgs/container)/(package/)?"
                   r"(?P<package>[^/]+)(/.*)?", "ghcr.io/"),
    ("gitlab.com", r"/(?P<repository>[^-].*?)/(-/)?container_registry(/.*)?", "registry.gitlab.com/"),
)  # fmt: skip
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_COMMAND = re.compile(r"^(docker|podman|nerdctl|crictl)\s+(image\s+)?pull\s+", re.IGNORECASE)


def _of_a_page(text: str) -> str:
    """Return the image of a registry's web page, from the page's address; "" for other addresses."""
    if not re.match(r"https?://|www\.|hub\.docker\.com/|quay\.io/repository/|github\.com/", text, re.IGNORECASE):
        return ""
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    for page, pattern, registry in _PAGES:
        if host == page and (match := re.fullmatch(f"{pattern}(/tags|/general)?/?", parts.path)):
            found = match.groupdict()
            repository = found.get("repository") or f"{found['owner']}/{found['package']}".replace("%2F", "/")
            tag = (parse_qs(parts.query).get("tag") or [""])[0]
            return f"{registry}{repository}".lower() + (f":{tag}" if TAG.fullmatch(tag) else "")
    return ""


def meant(text: str) -> str:
    """Return the image name that this text probably means, or "" if it can't be guessed."""
    plain = _COMMAND.sub("", text.strip())
    head, at, digest = (_of_a_page(plain) or _SCHEME.sub("", plain)).rstrip("/:@").partition("@")
    place = head.rfind(":")
    path, tag = (head[:place], head[place:]) if place > head.rfind("/") else (head, "")
    found = f"{path.lower()}{tag}{at}{digest}"
    try:
        _read(found, "")
    except ValueError:
        return ""
    return found if found != text else ""


def image_name(name: str, tag: str = "") -> ImageName:
    """Return the image of a name and a tag, or of a full reference in `name`. Raise ValueError with a sentence that
    shows the expected format.

    >>> str(image_name("scipy", "1")), str(image_name("jupyter/scipy:2026"))
    ('docker.io/library/scipy:1', 'docker.io/jupyter/scipy:2026')
    """
    if len(name) > LONGEST:  # before any regex runs
        raise ValueError(_("This image name is too long: at most {maximum} characters.", maximum=LONGEST))
    try:
        return _read(name, tag)
    except ValueError as error:
        better = meant(name)
        last = better.rpartition("/")[2]
        if tag and better and (":" in last or "@" in better):  # the tag has its own field
            better = better[: len(better) - len(last)] + re.split("[:@]", last)[0]
        said = str(error)
        if better and better != name:
            said = " ".join([said, _("Use “{name}”.", name=better)])
        raise ValueError(said) from None


def _read(name: str, tag: str) -> ImageName:
    if complaint := _obvious(name, bool(tag)):
        raise ValueError(complaint)
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, path = first, rest
    else:
        host, path = DOCKER_HUB, name
    path, _at, digest = path.partition("@")
    if (place := path.rfind(":")) > path.rfind("/"):
        path, inside = path[:place], path[place + 1 :]
        if tag:
            said = _("“{text}” in the name looks like a tag. Enter the tag in its own field.", text=inside)
            raise ValueError(said)
        if ":" in path:
            raise ValueError(_("An image name has one tag, after a single colon."))
        if not inside:
            raise ValueError(_("There is no tag after the colon, such as 2026-10-05."))
        tag = inside
    if digest and tag and not DIGEST.fullmatch(digest):
        raise ValueError(_("The text after the @ is not a valid digest."))
    host = host_of(host)
    if host == DOCKER_HUB and "/" not in path:
        path = f"library/{path}"
    if not REPOSITORY.fullmatch(path) or len(path) > 255:
        raise ValueError(_("This is not a valid image name. Enter a name such as quay.io/jupyter/scipy-notebook."))
    reference = digest or tag or "latest"
    if not (DIGEST if digest else TAG).fullmatch(reference):
        raise ValueError(_("This is not a valid tag. Enter a tag such as 2026-10-05."))
    return ImageName(host, path, reference)


def _obvious(name: str, has_tag: bool) -> str:
    """Return an error for common mistakes, or "" if there is none."""
    if not name.strip():
        return _("Enter the name of a container image, such as quay.io/jupyter/scipy-notebook.")
    if _COMMAND.match(name):
        return _("This is a command, not an image name.")
    if _SCHEME.match(name) or _of_a_page(name):
        return _("This is a web address, not an image name such as quay.io/jupyter/scipy-notebook.")
    if re.search(r"\s", name):
        return _("An image name can’t contain spaces.")
    if re.search(r"[A-Z]", re.split(r":(?=[^/]*$)|@", name)[0]):
        return _("An image name must be in lower case.")
    if "@" in name.rpartition("/")[2] and has_tag:
        return _("A digest would replace the tag. Remove it, and enter a tag in its own field.")
    return ""


def complaint(image: Any) -> str:
    """Return what is wrong with a full image reference, as in server options and containers, or "" if it is valid."""
    if not isinstance(image, str):
        return _("Enter the name of a container image, such as quay.io/jupyter/scipy-notebook:2026-10-05.")
    try:
        image_name(image)
    except ValueError as error:
        return str(error)
    return ""


# Further places of images in values: containers, and KubeSpawner's own traits.
_CONTAINERS: tuple[Path, ...] = (
    ("singleuser", "initContainers"), ("singleuser", "extraContainers"),
    ("hub", "config", "KubeSpawner", "init_containers"), ("hub", "config", "KubeSpawner", "extra_containers"),
)  # fmt: skip
_SPAWNERS_OWN: Path = ("hub", "config", "KubeSpawner", "image")


def in_values(values: Tree) -> list[tuple[Path, str]]:
    """Return (path, sentence) for each invalid image name in a part of values.yaml."""
    found = [one for at in _CONTAINERS for one in complaints(get(values, at), at)]
    if (own := get(values, _SPAWNERS_OWN)) is not None and (said := complaint(own)):
        found.append((_SPAWNERS_OWN, said))
    image = get(values, ("singleuser", "image"))
    if isinstance(image, dict) and isinstance(image.get("name"), str):
        try:
            image_name(image["name"], "latest")
        except ValueError as error:
            found.append((("singleuser", "image", "name"), str(error)))
    return found


def complaints(containers: Any, at: Path) -> list[tuple[Path, str]]:
    """Return (path, sentence) for each container of a list or map whose image name is invalid."""
    rows: list[tuple[Any, Any]] = []
    if isinstance(containers, dict):
        rows = list(containers.items())
    elif isinstance(containers, list):
        rows = list(enumerate(containers))
    return [
        ((*at, str(key), "image"), said)
        for key, one in rows
        if isinstance(one, dict) and one.get("image") is not None and (said := complaint(one["image"]))
    ]

"""Names of container images, read as Docker reads them (distribution/reference). Pure."""

import re
from dataclasses import dataclass

DOCKER_HUB = "docker.io"
PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REPOSITORY = re.compile(rf"{PART}(?:/{PART})*")
HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?::[0-9]{1,5})?")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# Tags that by custom are given to a newer image again and again.
MOVING = frozenset(
    "latest main master stable edge dev devel develop nightly current next head beta alpha canary unstable lts".split()
)


@dataclass(frozen=True)
class ImageName:
    host: str  # "docker.io" when none was written
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
        """Is this a tag that will mean another image tomorrow?"""
        tag = self.reference.lower()
        return not self.by_digest and (tag in MOVING or tag.rpartition("-")[2] == "latest")

    @property
    def api_host(self) -> str:
        """Who answers for it: Docker Hub's registry has another name than its images."""
        return f"registry-1.{DOCKER_HUB}" if self.host == DOCKER_HUB else self.host


def host_of(text: str) -> str:
    """A registry's host as people write it, in one form. Raises ValueError with a sentence."""
    host = text.strip().lower().removeprefix("https://").rstrip("/")
    if host in ("index.docker.io", "registry-1.docker.io", "hub.docker.com", "docker.io/library", "index.docker.io/v1"):
        host = DOCKER_HUB
    if "/" in host:
        raise ValueError("Write the host alone, such as registry.example.org, without what comes after it.")
    if not HOST.fullmatch(host) or len(host) > 255 or not ("." in host or ":" in host or host == "localhost"):
        raise ValueError("Write the registry’s host, such as registry.example.org.")
    return host


def image_name(name: str, tag: str = "") -> ImageName:
    """From what stands in the fields, or from the whole in `name`. Raises ValueError with a sentence.

    >>> str(image_name("scipy", "1")), str(image_name("jupyter/scipy:2026"))
    ('docker.io/library/scipy:1', 'docker.io/jupyter/scipy:2026')
    """
    first, slash, rest = name.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, path = first, rest
    else:
        host, path = DOCKER_HUB, name
    path, _, digest = path.partition("@")
    if (place := path.rfind(":")) > path.rfind("/"):
        path, inside = path[:place], path[place + 1 :]
        if tag:
            raise ValueError(f"“{inside}” in the name looks like a tag: it has a field of its own.")
        tag = inside
    if digest and tag and not DIGEST.fullmatch(digest):
        raise ValueError("What comes after the @ is no digest.")
    host = host_of(host)
    if host == DOCKER_HUB and "/" not in path:
        path = f"library/{path}"
    if not REPOSITORY.fullmatch(path) or len(path) > 255:
        raise ValueError("This is not the name of an image, such as quay.io/jupyter/scipy-notebook.")
    reference = digest or tag or "latest"
    if not (DIGEST if digest else TAG).fullmatch(reference):
        raise ValueError("This is not a tag, such as 2026-10-05.")
    return ImageName(host, path, reference)

"""What is inside an image, as a probe found it, and what a hub would miss in it. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class Contents:
    """Versions by name; "" means that it is not there."""

    python: str = ""
    r: str = ""
    jupyterlab: str = ""
    notebook: str = ""
    jupyterhub: str = ""
    rstudio: str = ""
    git: str = ""
    nbgitpuller: str = ""
    user: str = ""
    uid: int | None = None
    home: str = ""
    architecture: str = ""
    size_mib: int | None = None
    packages: dict[str, str] = field(default_factory=dict)
    r_packages: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Contents":
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})


def said(contents: Contents) -> list[str]:
    """Short facts for a card."""
    found = []
    if contents.python:
        found.append(f"Python {contents.python}")
    if contents.r:
        found.append(f"R {contents.r}" + (" with RStudio" if contents.rstudio else ""))
    if contents.jupyterlab:
        found.append(f"JupyterLab {contents.jupyterlab}")
    if contents.git:
        found.append("git")
    if contents.nbgitpuller:
        found.append("content links")
    return found


def lacking(contents: Contents, *, link: bool, repository: bool, jupyterhub: bool = True) -> list[str]:
    """Sentences: what a content link, a home repository or a hub would miss in this image."""
    found = []
    if jupyterhub and not contents.jupyterhub:
        found.append("This image has no jupyterhub-singleuser, which starts each person’s server. No server can start.")
    if link and not contents.nbgitpuller:
        found.append("A content link needs nbgitpuller. This image has none: students would see an error 404.")
    if repository and not contents.git:
        found.append("A repository in each home needs git. This image has none: homes would stay empty.")
    return found

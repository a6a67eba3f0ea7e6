"""The contents of a catalogue image: as JSON in its row, as short facts, and what is missing for a hub. Pure.

A test records them from the output of a program in the image. The output is not trusted, so numbers and lengths are
limited here, for reading and for writing.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from hubs.language import _, plural

MOST_PACKAGES = 1500  # of one language; large scientific images have about 600
LONGEST_NAME, LONGEST_VERSION, LONGEST_TEXT = 80, 40, 200  # characters
LARGEST_UID, LARGEST_MIB = 2**32 - 1, 10 * 1024 * 1024
SOME = "?"  # version of something that is present, if its version is unknown
VERSIONS = ("python", "r", "jupyterlab", "notebook", "jupyterhub", "rstudio", "git", "nbgitpuller")


def clean(value: Any, most: int) -> str:
    """Return one printable line of at most so many characters; "" if it is not text."""
    if not isinstance(value, str):
        return ""
    shown = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in value[: 4 * most])
    kept = "".join(sign for sign in shown if unicodedata.category(sign)[0] != "C")  # bidi marks, lone surrogates
    return " ".join(kept.split())[:most].strip()


def _number(value: Any, most: int) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and 0 <= value <= most else None


def _packages(value: Any) -> dict[str, str]:
    """Return names and versions, sorted by name."""
    found: dict[str, str] = {}
    for name, version in value.items() if isinstance(value, Mapping) else ():
        if len(found) >= MOST_PACKAGES:
            break
        if name := clean(name, LONGEST_NAME):
            found[name] = clean(version, LONGEST_VERSION)
    return dict(sorted(found.items(), key=lambda one: (one[0].lower(), one[0])))


@dataclass(frozen=True)
class Contents:
    """Versions as reported by each program; "" if it is missing, SOME if it is present with an unknown version."""

    python: str = ""
    r: str = ""
    jupyterlab: str = ""
    notebook: str = ""
    jupyterhub: str = ""  # with its command jupyterhub-singleuser, which starts people's servers
    rstudio: str = ""
    git: str = ""
    nbgitpuller: str = ""
    user: str = ""
    uid: int | None = None
    home: str = ""
    architecture: str = ""  # as in `uname -m`
    size_mib: int | None = None  # on the node, compressed or not as the node counts
    packages: dict[str, str] = field(default_factory=dict)
    r_packages: dict[str, str] = field(default_factory=dict)
    package_count: int | None = None  # if the lists themselves are not available
    r_package_count: int | None = None
    machine: bool = False  # of the portal's own machine: hubs there use its software instead of the image

    def as_json(self) -> dict[str, Any]:
        """Return what is known; {} if nothing is."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: value for name, value in found.items() if value not in ("", None, {}) and value is not False}

    def columns(self) -> dict[str, dict[str, Any]]:
        """Return the row's columns: the lists of packages separately, because they are long and pages only count them.
        {} if nothing is known."""
        counted = replace(self, package_count=len(self.packages) or None, r_package_count=len(self.r_packages) or None)
        brief: dict[str, Any] = counted.as_json()
        packages: dict[str, Any] = {name: brief.pop(name) for name in ("packages", "r_packages") if name in brief}
        return {"contents": brief, "packages": packages} if brief else {}

    @classmethod
    def from_json(cls, data: Any) -> "Contents":
        """Accept any data: missing or out-of-bounds values, and those of a wrong type, count as unknown."""
        given = data if isinstance(data, Mapping) else {}
        return cls(
            **{name: clean(given.get(name), LONGEST_VERSION) for name in VERSIONS},
            user=clean(given.get("user"), LONGEST_NAME),
            uid=_number(given.get("uid"), LARGEST_UID),
            home=clean(given.get("home"), LONGEST_TEXT),
            architecture=clean(given.get("architecture"), LONGEST_VERSION),
            size_mib=_number(given.get("size_mib"), LARGEST_MIB),
            packages=_packages(given.get("packages")),
            r_packages=_packages(given.get("r_packages")),
            package_count=_number(given.get("package_count"), MOST_PACKAGES),
            r_package_count=_number(given.get("r_package_count"), MOST_PACKAGES),
            machine=given.get("machine") is True,
        )


def _short(version: str) -> str:
    """Return the first two numbers of a version, after a space; "" if the version is unknown.

    >>> _short("4.4.10rc1")
    ' 4.4'
    """
    numbers = re.match(r"\d+(\.\d+)?", version)
    return f" {numbers[0] if numbers else version}" if version != SOME else ""


def said(contents: Contents) -> list[str]:
    """Return short facts for a card: "Python 3.12", "JupyterLab 4.4", "R 4.4 with RStudio", "git"."""
    if contents == Contents():
        return []
    facts = [_("Software of “This machine”")] if contents.machine else []
    if contents.python:
        facts.append(f"Python{_short(contents.python)}")
    if contents.r:
        r = f"R{_short(contents.r)}"
        facts.append(_("{language} with RStudio", language=r) if contents.rstudio else r)
    elif contents.rstudio:
        facts.append("RStudio")
    if contents.jupyterlab:
        facts.append(f"JupyterLab{_short(contents.jupyterlab)}")
    elif contents.notebook:
        facts.append(f"Notebook{_short(contents.notebook)}")
    facts += [name for name in ("git", "nbgitpuller") if getattr(contents, name)]
    if count := contents.package_count or len(contents.packages):
        facts.append(plural("{count} Python package", "{count} Python packages", count))
    if count := contents.r_package_count or len(contents.r_packages):
        facts.append(plural("{count} R package", "{count} R packages", count))
    if contents.size_mib:
        gib = contents.size_mib / 1024
        facts.append(f"{gib:.1f} GiB" if gib >= 1 else f"{contents.size_mib} MiB")
    return facts


def _image_lacks() -> dict[str, str]:
    return {
        "jupyterhub": _("This image has no jupyterhub-singleuser, which starts people’s servers. No server can start."),
        "pages": _("This image has neither JupyterLab nor Jupyter Notebook. People would see an empty page."),
        "nbgitpuller": _(
            "Content links need nbgitpuller. This image does not have it: students would see a 404 error."
        ),
        "git": _("Content links need git. This image does not have it: students would see an error."),
        "repository": _(
            "A repository in each home directory needs git. This image does not have it: home directories would stay "
            "empty."
        ),
    }


def _machine_lacks() -> dict[str, str]:
    return {
        "jupyterhub": _(
            "The software of “This machine” has no jupyterhub-singleuser, which starts people’s servers. No server can "
            "start."
        ),
        "pages": _(
            "The software of “This machine” has neither JupyterLab nor Jupyter Notebook. People would see an empty "
            "page."
        ),
        "nbgitpuller": _(
            "Content links need nbgitpuller. The software of “This machine” does not have it: students would see a 404 "
            "error."
        ),
        "git": _(
            "Content links need git. The software of “This machine” does not have it: students would see an error."
        ),
        "repository": _(
            "A repository in each home directory needs git. The software of “This machine” does not have it: home "
            "directories would stay empty."
        ),
    }


def lacking(contents: Contents, *, link: bool, repository: bool, jupyterhub: bool = True) -> list[str]:
    """Return sentences about what this image lacks for content links, or for a repository in each home directory. [] if
    the contents are unknown."""
    if contents == Contents():
        return []
    found = []
    if jupyterhub and not contents.jupyterhub:
        found.append("jupyterhub")
    elif jupyterhub and not (contents.jupyterlab or contents.notebook or contents.rstudio):
        found.append("pages")
    if link and not contents.nbgitpuller:
        found.append("nbgitpuller")
    elif link and not contents.git:
        found.append("git")
    if repository and not contents.git:
        found.append("repository")
    sentences = _machine_lacks() if contents.machine else _image_lacks()
    return [sentences[one] for one in found]


# --- what is known without a test -------------------------------------------------------------------------------------
# The Jupyter Docker Stacks by their Dockerfiles: every release has these, and none has nbgitpuller. Versions differ
# between tags, so a test finds them, and the packages.
_BASE = Contents(
    python=SOME, jupyterlab=SOME, notebook=SOME, jupyterhub=SOME, user="jovyan", uid=1000, home="/home/jovyan"
)
_GIT = replace(_BASE, git=SOME)
_R = replace(_GIT, r=SOME)
_STACKS = {
    "base-notebook": _BASE,
    **dict.fromkeys(
        ("minimal-notebook", "julia-notebook", "scipy-notebook", "tensorflow-notebook", "pytorch-notebook",
         "pyspark-notebook"), _GIT,
    ),
    **dict.fromkeys(("r-notebook", "datascience-notebook", "all-spark-notebook"), _R),
}  # fmt: skip
_JUPYTER = re.compile(r"(?:quay\.io/|docker\.io/)?jupyter/([a-z-]+)")


def known(image: str) -> Contents:
    """Return what an image contains, by its name without a tag, for the Jupyter Docker Stacks; Contents() for
    others."""
    found = _JUPYTER.fullmatch(image)
    return _STACKS.get(found[1], Contents()) if found else Contents()

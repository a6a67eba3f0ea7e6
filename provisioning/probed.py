"""Parse the output of an image test (provisioning/hubside/common/image_probe). It is not trusted, because an image can
print anything: the worst that a false statement can do is to appear in the catalogue. Pure."""

import re
from dataclasses import dataclass
from pathlib import Path

from hubs.images.rules import LONGEST_TEXT, MOST_PACKAGES, Contents, clean
from hubs.language import _
from provisioning.sentences import with_output

MARK = "HUBPORTAL-PROBE "
LONGEST, MOST_LINES = 300, 4 * MOST_PACKAGES  # characters of a line, lines
MOST_BYTES = 512 * 1024  # of the output that is read
PROGRAMS = Path(__file__).resolve().parent / "hubside" / "common" / "image_probe"
TEXTS = ("user", "home", "architecture", "python", "r", "jupyterlab", "notebook", "jupyterhub", "nbgitpuller")


def script() -> str:
    """Return the script for `/bin/sh -c`."""
    return (PROGRAMS / "look.sh").read_text(encoding="utf-8")


def environment() -> dict[str, str]:
    """Return variables that the script needs in addition to the image's environment."""
    return {"HUBPORTAL_LOOK": (PROGRAMS / "look.py").read_text(encoding="utf-8")}


@dataclass(frozen=True)
class Reading:
    contents: Contents
    begun: bool = False  # did our program start?
    whole: bool = False  # ... to its end?
    starts: bool = False  # did a person's server answer?
    why: str = ""  # the image's last output, if not


def _version(text: str) -> str:
    """Return the version number in text such as "git version 2.39.5", or the first word if there is none."""
    found = re.search(r"\d[\w.+~-]*", text)
    return found[0] if found else text.partition(" ")[0]


def read(output: str) -> Reading:
    """Parse our lines in the output and ignore all others. The first of repeated values is used."""
    known: dict[str, str] = {}
    packages: dict[str, dict[str, str]] = {"package": {}, "r-package": {}}
    lines = [line for line in output[:MOST_BYTES].splitlines() if line.startswith(MARK)]
    for line in lines[:MOST_LINES]:
        key, _, value = line[len(MARK) : LONGEST].partition(" ")
        if key in packages:
            name, _, version = value.partition(" ")
            packages[key].setdefault(name, version)
        else:
            known.setdefault(key, clean(value, LONGEST_TEXT))
    uid = known.get("uid", "")
    contents = Contents.from_json(
        {name: known.get(name, "") for name in TEXTS}
        | {name: _version(known[name]) for name in ("git", "rstudio") if name in known}
        | {"uid": int(uid) if uid.isascii() and uid.isdigit() else None}
        | {"packages": packages["package"], "r_packages": packages["r-package"]}
    )
    starts = "starts" in known and "fails" not in known and bool(contents.jupyterhub)
    return Reading(contents, "begin" in known, "end" in known, starts, known.get("fails", ""))


def trouble(reading: Reading) -> str:
    """Return why a person's server would not start, for a complete reading; "" if it does."""
    if reading.starts:
        return ""
    if not reading.contents.python:
        return _(
            "The image has no Python and so no jupyterhub-singleuser, the command that starts each person’s server."
        )
    if not reading.contents.jupyterhub:
        return _(
            "The image has no jupyterhub-singleuser, the command that starts each person’s server. "
            "Install the Python packages jupyterhub and jupyterlab in it."
        )
    said = _("jupyterhub-singleuser, the command that starts each person’s server, does not work in this image.")
    return with_output(said, reading.why)


def trouble_here(reading: Reading) -> str:
    """As `trouble`, for the software of this machine, where there is no image."""
    if reading.starts:
        return ""
    if not reading.contents.python:
        return _(
            "This machine has no Python and so no jupyterhub-singleuser, the command that starts each person’s server."
        )
    if not reading.contents.jupyterhub:
        return _(
            "This machine has no jupyterhub-singleuser, the command that starts each person’s server. "
            "Install the Python packages jupyterhub and jupyterlab on it."
        )
    said = _("jupyterhub-singleuser, the command that starts each person’s server, does not work on this machine.")
    return with_output(said, reading.why)

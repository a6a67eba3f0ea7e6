"""Everything that is needed to run a hub elsewhere, as texts by file name. Pure, without secrets."""

import csv
import io
from collections.abc import Iterable

from hubs.spec.counted import overrides
from hubs.spec.export import values_yaml
from hubs.spec.hub import HubSpec
from hubs.spec.trees import Path

# Spreadsheets run cells that begin with these; the last four are full-width forms from East Asian keyboards.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
HOW_TO = """\
# {title} (export)

For your IT department: everything that you need to run this hub without the portal.

This is a JupyterHub for the Zero to JupyterHub chart, 4.4 or newer. It needs a Kubernetes cluster and Helm.

1. Read `values.yaml`, and replace “to-be-replaced” with your own secrets and addresses of the sign-in service.
2. Make sure that your cluster can pull the images in `images.txt`.
3. `helm upgrade --install hub jupyterhub --repo https://hub.jupyter.org/helm-chart/ --values values.yaml`
4. `people.csv` contains the people on the list, their roles and groups.
   {people}
   Without Helm: `manifests.yaml` contains the same hub as Kubernetes objects. Its first lines say what to replace.
5. {files}
"""
ON_VOLUMES = (
    "People’s files are on volumes named `claim-…` in the hub’s namespace. Copy them under the same names before\n"
    "   anyone starts a server. The operators of the portal can do this, or give you access."
)
IN_FOLDERS = (
    "People’s files are in home directories on the machine that runs the hub. The operators of the portal can copy\n"
    "   them, or give you access."
)
WITH_PORTAL = (
    "Add them to `hub.config.Authenticator` as `allowed_users` and `admin_users`, with the user names of your sign-in."
)
WITHOUT = "The sign-in settings in `values.yaml` control who has access."


Listed = tuple[str, str, str, str]


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet treats as a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def plain_cell(cell: str) -> str:
    """Undo safe_cell, and remove spaces around the text."""
    cell = cell.strip(" ")
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def people_csv(people: Iterable[Listed]) -> str:
    """Return (user name or address, name, role, groups) as CSV with a header row."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["person", "name", "role", "groups"])
    rows.writerows([safe_cell(cell) for cell in row] for row in people)
    return out.getvalue()


def images(spec: HubSpec) -> list[str]:
    """Return every image that people's servers can use, each once."""
    tree = spec.effective
    found = ["{name}:{tag}".format(**tree["singleuser"]["image"])]
    found += [str(o["image"]) for o in overrides(tree) if o.get("image") and "{" not in str(o["image"])]
    for key in ("initContainers", "extraContainers"):
        found += [str(one["image"]) for one in tree["singleuser"].get(key, []) if one.get("image")]
    return list(dict.fromkeys(found))


def takeaway(
    spec: HubSpec, people: Iterable[Listed], secrets: Iterable[Path] = (), code: str = "", *, volumes: bool = True
) -> dict[str, str]:
    """Return {file name: text}. `volumes`: the hub keeps people's files on volumes."""
    who = WITH_PORTAL if spec.signIn.method == "portal" else WITHOUT
    files = ON_VOLUMES if volumes else IN_FOLDERS
    return {
        "README.md": HOW_TO.format(title=spec.about.title, people=who, files=files),
        "values.yaml": values_yaml(spec, secrets, code),
        "people.csv": people_csv(people),
        "images.txt": "".join(f"{image}\n" for image in images(spec)),
    }

"""Everything that somebody needs to run a hub elsewhere, as texts by file name. Pure, without secrets."""

import csv
import io
from collections.abc import Iterable

from hubs.spec.counted import overrides
from hubs.spec.export import values_yaml
from hubs.spec.hub import HubSpec
from hubs.spec.trees import Path

# What a spreadsheet runs when a cell begins so; the last four are how East Asian keyboards write the first.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
HOW_TO = """\
# {title}, to take along

This is a JupyterHub for the Zero to JupyterHub chart, 4.4 or newer. It needs a Kubernetes cluster and Helm.

1. Read `values.yaml`, and write your own where it says “to-be-replaced”: secrets, and the sign-in’s addresses.
2. Give people the images of `images.txt`: your cluster must be allowed to fetch them.
3. `helm upgrade --install hub jupyterhub --repo https://hub.jupyter.org/helm-chart/ --values values.yaml`
4. `people.csv` says who was on the list, as what, and in which groups.
   {people}
   Without Helm: `manifests.yaml` is the same hub as Kubernetes objects. It says at its top what to replace.
5. People’s files are volumes called `claim-…` in the hub’s namespace. Copy them under the same names before anybody
   starts a server; whoever runs the portal can do it, or give you access.
"""
WITH_PORTAL = (
    "Put them into `hub.config.Authenticator` as `allowed_users` and `admin_users`, as your sign-in names them."
)
WITHOUT = "The sign-in in `values.yaml` decides who comes in."


Listed = tuple[str, str, str, str]


def safe_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def plain_cell(cell: str) -> str:
    """What stood in such a cell before, without blanks around it."""
    cell = cell.strip(" ")
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


def people_csv(people: Iterable[Listed]) -> str:
    """(user name or address, what they are called, role, groups) as a table with headings."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["person", "name", "role", "groups"])
    rows.writerows([safe_cell(cell) for cell in row] for row in people)
    return out.getvalue()


def images(spec: HubSpec) -> list[str]:
    """Every image that people's servers may use, each once."""
    tree = spec.effective
    found = ["{name}:{tag}".format(**tree["singleuser"]["image"])]
    found += [str(o["image"]) for o in overrides(tree) if o.get("image") and "{" not in str(o["image"])]
    for key in ("initContainers", "extraContainers"):
        found += [str(one["image"]) for one in tree["singleuser"].get(key, []) if one.get("image")]
    return list(dict.fromkeys(found))


def takeaway(spec: HubSpec, people: Iterable[Listed], secrets: Iterable[Path] = (), code: str = "") -> dict[str, str]:
    """File name -> text."""
    who = WITH_PORTAL if spec.signIn.method == "portal" else WITHOUT
    return {
        "README.md": HOW_TO.format(title=spec.about.title, people=who),
        "values.yaml": values_yaml(spec, secrets, code),
        "people.csv": people_csv(people),
        "images.txt": "".join(f"{image}\n" for image in images(spec)),
    }

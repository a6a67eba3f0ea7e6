"""Content links that are saved with a hub."""

from typing import Annotated, Any

import typer

from .find import path_of
from .people import Name
from .problems import NOT_FOUND, USAGE, Trouble
from .show import out

app = typer.Typer(no_args_is_help=True, help="Manage links that copy course material into people's home directories.")
Called = Annotated[str, typer.Argument(help="Name of the link, from `links list`", metavar="NAME")]
COLUMNS = (("name", "name"), ("repository", "repository"), ("branch", "branch"), ("opens", "path"), ("link", "link"))


def _find(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the link with this name. Raise Trouble if there is none."""
    for row in rows:
        if row["name"] == name:
            return row
    raise Trouble(f"The hub has no link “{name}”.", NOT_FOUND)


@app.command("list")
def list_links(hub: Name) -> None:
    """List the links of a hub."""
    portal, path = path_of(hub)
    out.rows(portal.rows(f"{path}content-links/"), COLUMNS, "This hub has no saved links.")


@app.command()
def add(
    hub: Name,
    name: Annotated[
        str, typer.Argument(help="For example “Week 1”. An existing link with this name is replaced", metavar="NAME")
    ],
    repository: Annotated[str, typer.Argument(help="Any address of the repository, as shown in a browser")],
    branch: Annotated[
        str, typer.Option(help="Default: the branch in the address, or the repository's default branch")
    ] = "",
    opens: Annotated[str, typer.Option(help="File or folder to open. Default: the one in the address")] = "",
    app: Annotated[str, typer.Option(help="lab, notebook, rstudio or code")] = "lab",
) -> None:
    """Save a link with a hub."""
    portal, path = path_of(hub)
    body = {"name": name, "repo": repository, "branch": branch, "path": opens, "app": app}
    out.one(portal.post(f"{path}content-links/", body), COLUMNS)


@app.command()
def rename(
    hub: Name, name: Called, to: Annotated[str, typer.Argument(help="New name of the link", metavar="NEW")]
) -> None:
    """Rename a link."""
    portal, path = path_of(hub)
    rows = list(portal.rows(f"{path}content-links/"))
    row = _find(rows, name)
    if any(one["name"] == to for one in rows):
        raise Trouble(f"The hub already has a link “{to}”. Remove it first.", USAGE)
    same = {"repo": row["repository"], "branch": row["branch"], "path": row["path"], "app": row["app"]}
    made = portal.post(f"{path}content-links/", {"name": to, **same})
    portal.send("DELETE", f"{path}content-links/{row['uid']}/")
    out.one(made, COLUMNS)


@app.command()
def remove(hub: Name, name: Called) -> None:
    """Remove a link from the list. People who have it can still use it."""
    portal, path = path_of(hub)
    portal.send("DELETE", f"{path}content-links/{_find(list(portal.rows(f'{path}content-links/')), name)['uid']}/")
    out.say(f"Link “{name}” removed.")

"""Content links that are kept with a hub."""

from typing import Annotated, Any

import typer

from .find import path_of
from .people import Name
from .problems import NOT_FOUND, USAGE, Trouble
from .show import out

app = typer.Typer(no_args_is_help=True, help="Links that bring course material into people's homes.")
Called = Annotated[str, typer.Argument(help="Its name, as `links list` shows it", metavar="NAME")]
COLUMNS = (("name", "name"), ("repository", "repository"), ("branch", "branch"), ("opens", "path"), ("link", "link"))


def _find(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The link of this name. Raises Trouble."""
    for row in rows:
        if row["name"] == name:
            return row
    raise Trouble(f"The hub has no link “{name}”.", NOT_FOUND)


@app.command("list")
def list_links(hub: Name) -> None:
    """Links that are kept with a hub."""
    portal, path = path_of(hub)
    out.rows(portal.rows(f"{path}content-links/"), COLUMNS, "No link is kept with this hub.")


@app.command()
def add(
    hub: Name,
    name: Annotated[str, typer.Argument(help="Such as “Week 1”; a link of this name is replaced", metavar="NAME")],
    repository: Annotated[str, typer.Argument(help="Any address of it, as a browser shows it")],
    branch: Annotated[str, typer.Option(help="Else the one that the address or the repository names")] = "",
    opens: Annotated[str, typer.Option(help="File or folder inside it; else the one that the address names")] = "",
    app: Annotated[str, typer.Option(help="lab, notebook, rstudio or code")] = "lab",
) -> None:
    """Keep a link with a hub."""
    portal, path = path_of(hub)
    body = {"name": name, "repo": repository, "branch": branch, "path": opens, "app": app}
    out.one(portal.post(f"{path}content-links/", body), COLUMNS)


@app.command()
def rename(hub: Name, name: Called, to: Annotated[str, typer.Argument(help="Its new name", metavar="NEW")]) -> None:
    """Keep a link under another name."""
    portal, path = path_of(hub)
    rows = list(portal.rows(f"{path}content-links/"))
    row = _find(rows, name)
    if any(one["name"] == to for one in rows):
        raise Trouble(f"The hub has a link “{to}” already. Remove it first.", USAGE)
    same = {"repo": row["repository"], "branch": row["branch"], "path": row["path"], "app": row["app"]}
    made = portal.post(f"{path}content-links/", {"name": to, **same})
    portal.send("DELETE", f"{path}content-links/{row['uid']}/")
    out.one(made, COLUMNS)


@app.command()
def remove(hub: Name, name: Called) -> None:
    """Remove a link from the list. People who have it can still use it."""
    portal, path = path_of(hub)
    portal.send("DELETE", f"{path}content-links/{_find(list(portal.rows(f'{path}content-links/')), name)['uid']}/")
    out.say(f"“{name}” is removed.")

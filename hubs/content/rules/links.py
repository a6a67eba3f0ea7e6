"""Links that copy a Git repository into a person's home directory and open it: nbgitpuller's format. Pure.

Source: nbgitpuller 1.2, link generator and handlers. nbgitpuller inserts `urlpath` unchanged into the server's address,
so its parts are quoted once for that address, and the whole again for the link.
"""

import re
from urllib.parse import quote, urlencode

from hubs.errors import Invalid
from hubs.language import _, lazy
from hubs.spec.repository_address import Material, NoRepository, folder_of, read

MOST = 1000  # characters of each field; browsers and email clients accept links of some thousand
APPS = {  # name -> (label, path on the person's server)
    "lab": ("JupyterLab", "lab/tree/"),
    "notebook": ("Jupyter Notebook", "tree/"),
    "rstudio": ("RStudio", "rstudio/"),
    "code": (lazy("Code (VS Code in the browser)"), "code-server/"),
    "": (lazy("The hub’s default application"), ""),
}
OPENS_FILES = ("lab", "notebook")
STRANGE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\\]")
REF = re.compile(r"[^\s~^:?*\[\\\x00-\x20\x7f]+")  # git check-ref-format, as far as it matters in a link


def _branch(text: str) -> str:
    branch = text.strip()
    if branch and (
        not REF.fullmatch(branch) or ".." in branch or branch.startswith(("-", "/")) or branch.endswith("/")
    ):
        raise Invalid.beside("branch", _("This is not a valid branch name. Leave it empty for the default branch."))
    return branch


def _path(text: str) -> list[str]:
    parts = [part for part in text.strip().strip("/").split("/") if part not in ("", ".")]
    if ".." in parts or STRANGE.search(text):
        raise Invalid.beside("path", _("Enter a path in the repository, such as week-1/start.ipynb."))
    return parts


def link(hub_url: str, *, repo: str, branch: str = "", path: str = "", app: str = "lab") -> str:
    """Return the link for people. Raise Invalid by field.

    >>> link("https://h.example.edu/", repo="https://git.example.edu/c", path="a b.ipynb")
    'https://h.example.edu/hub/user-redirect/git-pull?repo=https%3A%2F%2Fgit.example.edu%2Fc&urlpath=lab%2Ftree%2Fc%2Fa%2520b.ipynb'
    """
    errors: dict[str, list[str]] = {}
    meant = Material("")
    try:
        meant = read(repo)
    except NoRepository as error:
        errors["repo"] = [str(error)]
    for name, text, check in (("branch", branch, _branch), ("path", path, _path)):
        try:
            if len(text) > MOST:
                raise Invalid(_("This is too long."), {name: [_("This is too long for a link.")]})
            check(text)
        except Invalid as error:
            errors |= error.errors
    if app not in APPS:
        errors["app"] = [_("Choose one of the applications.")]
    elif path.strip() and app not in OPENS_FILES:
        only = _("Only JupyterLab and Jupyter Notebook can open a file or folder from a link.")
        errors.setdefault("path", [only])
    if errors:
        raise Invalid(_("The link can’t be created yet."), errors)
    address, branch = meant.repository, _branch(branch) or meant.branch
    where = [folder_of(address), *_path(path or meant.path)]
    query = {"repo": address}
    if branch:
        query["branch"] = branch
    if folder_of(address) != address.rsplit("/", 1)[-1]:
        query["targetpath"] = folder_of(address)  # nbgitpuller's own choice differs between its versions
    if app in OPENS_FILES:
        query["urlpath"] = APPS[app][1] + "/".join(quote(part, safe="") for part in where)
    elif app:
        query["urlpath"] = APPS[app][1]
    return f"{hub_url}hub/user-redirect/git-pull?{urlencode(query, quote_via=quote, safe='')}"

"""Forms for content links. The link form uses GET, so that the page can be bookmarked."""

from django import forms

from hubs.content.rules.links import APPS
from hubs.language import lazy
from hubs.models import Hub
from hubs.spec.repository_address import folder_of

FIELDS = ("repo", "branch", "path", "app")
OPENS = {"/lab": "lab", "/tree": "notebook", "/notebooks": "notebook", "/rstudio": "rstudio", "/code-server": "code"}


class ContentLinkForm(forms.Form):
    """Fields only; hubs.spec.repository_address validates them."""

    repo = forms.CharField(
        label=lazy("Git repository"), required=False,
        help_text=lazy("Its address as shown in your browser: the repository, a folder or a notebook."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    branch = forms.CharField(
        label=lazy("Branch"), required=False,
        help_text=lazy("Leave empty for the branch in the address, or the default branch."),
        widget=forms.TextInput(attrs={"list": "branches", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    path = forms.CharField(
        label=lazy("File or folder to open"), required=False,
        help_text=lazy("Path in the repository, such as week-1/start.ipynb. Leave empty for the path in the address."),
        widget=forms.TextInput(attrs={"list": "notebooks", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    app = forms.ChoiceField(
        label=lazy("Open with"),
        required=False,
        choices=[(name, words) for name, (words, _path) in APPS.items()],
        initial="lab",
    )


class KeepForm(forms.Form):
    """Name of a saved link. The other fields are those of the page."""

    name = forms.CharField(
        label=lazy("Name"),
        required=False,
        max_length=100,
        help_text=lazy("Such as “Week 1”. Replaces a saved link of the same name."),
    )


def first_values(hub: Hub) -> dict[str, str]:
    """Return initial values: the hub's own repository, and the application that the hub opens."""
    content, opens = hub.spec.singleuser.content, str(hub.spec.singleuser.defaultUrl or "")
    app = next((app for path, app in OPENS.items() if opens.startswith(path)), "lab" if not opens else "")
    return {"repo": content.repository, "branch": content.branch, "path": "", "app": app}


def suggested_name(repo: str, path: str) -> str:
    """Return a suggested name: the file that the link opens, or the repository."""
    last = path.rstrip("/").rsplit("/", 1)[-1]
    return (last.rsplit(".", 1)[0] if last else folder_of(repo))[:100]

"""The form of a content link. Answered by GET, so that the page itself can be kept as a bookmark."""

from django import forms

from hubs.content.rules.links import APPS
from hubs.models import Hub
from hubs.spec.repository_address import folder_of

FIELDS = ("repo", "branch", "path", "app")
OPENS = {"/lab": "lab", "/tree": "notebook", "/notebooks": "notebook", "/rstudio": "rstudio", "/code-server": "code"}


class ContentLinkForm(forms.Form):
    """Shape alone: hubs.spec.repository_address says what is wrong, beside the fields."""

    repo = forms.CharField(
        label="Git repository", required=False,
        help_text="Any address of it, as your browser shows it: the repository, a folder, a notebook.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    branch = forms.CharField(
        label="Branch", required=False, help_text="Empty: the one that the address or the repository names.",
        widget=forms.TextInput(attrs={"list": "branches", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    path = forms.CharField(
        label="File or folder to open", required=False,
        help_text="Inside the repository, such as week-1/start.ipynb. Empty: the one that the address names.",
        widget=forms.TextInput(attrs={"list": "notebooks", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    app = forms.ChoiceField(
        label="Opens with", required=False, choices=[(name, words) for name, (words, _) in APPS.items()], initial="lab"
    )


class KeepForm(forms.Form):
    """The name of a link that is kept; what it leads to comes with the page."""

    name = forms.CharField(
        label="Name",
        required=False,
        max_length=100,
        help_text="Such as “Week 1”. A kept link of this name is replaced.",
    )


def first_values(hub: Hub) -> dict[str, str]:
    """What the form begins with: the hub's own repository, and what the hub opens."""
    content, opens = hub.spec.singleuser.content, str(hub.spec.singleuser.defaultUrl or "")
    app = next((app for path, app in OPENS.items() if opens.startswith(path)), "lab" if not opens else "")
    return {"repo": content.repository, "branch": content.branch, "path": "", "app": app}


def suggested_name(repo: str, path: str) -> str:
    """A name to begin with: what the link opens, or the repository."""
    last = path.rstrip("/").rsplit("/", 1)[-1]
    return (last.rsplit(".", 1)[0] if last else folder_of(repo))[:100]

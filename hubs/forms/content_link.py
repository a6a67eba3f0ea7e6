"""The form of a content link. Answered by GET, so that the page itself can be kept as a bookmark."""

from django import forms

from hubs.material.links import APPS


class ContentLinkForm(forms.Form):
    """Shape alone: hubs.content_link says what is wrong, beside the fields."""

    repo = forms.CharField(
        label="Git repository", required=False, help_text="As its page shows it for cloning: https://…",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    branch = forms.CharField(label="Branch", required=False, help_text="Empty: the one that the repository names.")
    path = forms.CharField(
        label="File or folder to open", required=False,
        help_text="Inside the repository, such as week-1/start.ipynb. Empty: its first page.",
    )  # fmt: skip
    app = forms.ChoiceField(
        label="Opens with", required=False, choices=[(name, words) for name, (words, _) in APPS.items()], initial="lab"
    )

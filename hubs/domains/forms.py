"""The form of a hub's own name."""

from django import forms


class DomainForm(forms.Form):
    name = forms.CharField(
        label="Name",
        required=False,  # the service says what is missing, in the same words for everybody
        max_length=500,
        strip=False,
        help_text="A name that belongs to your organisation, such as hub.example.edu.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}),
    )

"""Form for a hub's custom domain."""

from django import forms

from hubs.language import lazy


class DomainForm(forms.Form):
    name = forms.CharField(
        label=lazy("Domain"),
        required=False,  # the service reports a missing name, in the same words as for the API
        max_length=500,
        strip=False,
        help_text=lazy("A domain name that belongs to your organisation, such as hub.example.edu."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "inputmode": "url"}),
    )

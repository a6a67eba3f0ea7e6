"""The form for a registry's password, which is never shown again."""

from typing import Any

from django import forms

from hubs.language import lazy


class RegistryForm(forms.Form):
    """Validated by hubs.clusters.services.registries."""

    host = forms.CharField(
        required=False,
        max_length=300,
        label=lazy("Registry"),
        help_text=lazy("The part of the image name before the first slash. For Docker Hub, enter docker.io."),
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "spellcheck": "false", "placeholder": "registry.example.org"}
        ),
    )
    username = forms.CharField(
        required=False,
        label=lazy("User name"),
        help_text=lazy("We recommend a dedicated account that can only pull images."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        required=False,
        strip=False,
        label=lazy("Password or token"),
        help_text=lazy("Stored encrypted, and never shown again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )

    use_required_attribute = False

    def typed(self) -> dict[str, str]:
        """Return each text as it was entered, "" for missing ones."""
        return {name: self.data.get(name, "") for name in self.fields}

    @classmethod
    def again(cls, row: Any) -> "RegistryForm":
        """Return a form to replace the password of a registry."""
        return cls(initial={"host": row.host, "username": row.username})

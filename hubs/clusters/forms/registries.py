"""A registry's password, as typed. It is written once and never shown again."""

from typing import Any

from django import forms


class RegistryForm(forms.Form):
    """What is right is decided by hubs.clusters.services.registries."""

    host = forms.CharField(
        required=False,
        max_length=300,
        label="Registry",
        help_text="What stands before the first slash in the image’s name. Docker Hub is docker.io.",
        widget=forms.TextInput(
            attrs={"autocapitalize": "none", "spellcheck": "false", "placeholder": "registry.example.org"}
        ),
    )
    username = forms.CharField(
        required=False,
        label="User name",
        help_text="Best an account that may only read images, made for this.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    password = forms.CharField(
        required=False,
        strip=False,
        label="Password or token",
        help_text="Kept encrypted, and never shown again.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
    )

    use_required_attribute = False

    def typed(self) -> dict[str, str]:
        """Each text as it came; what is missing is empty."""
        return {name: self.data.get(name, "") for name in self.fields}

    @classmethod
    def again(cls, row: Any) -> "RegistryForm":
        """For another password of a registry that has one."""
        return cls(initial={"host": row.host, "username": row.username})

"""Form fields for Kubernetes names, validated with readable errors before a cluster refuses them."""

import re
from typing import Any

from django import forms

from hubs.language import _

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123, as in Kubernetes
LONGEST_SLUG = 41  # of a hub, with the dot
EXACT = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}


def is_name(text: str, most: int = 253) -> bool:
    """Return whether this is a valid name of a Kubernetes object (a DNS subdomain)."""
    return len(text) <= most and all(LABEL.fullmatch(part) for part in text.split("."))


def exact(**more: str) -> forms.TextInput:
    return forms.TextInput(attrs={**EXACT, **more})


class DomainField(forms.CharField):
    """A DNS suffix, optionally with a port, as clusters on a single machine may need."""

    def clean(self, value: Any) -> str:
        typed = super().clean(value).lower().removeprefix("*.").strip(".")
        host, colon, port = typed.partition(":")
        if "/" in typed:
            raise forms.ValidationError(_("Enter only the domain, without https:// and without a path."))
        if colon and not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
            raise forms.ValidationError(_("The port after the colon must be a number from 1 to 65535."))
        if not is_name(host, 253 - LONGEST_SLUG):
            raise forms.ValidationError(_("Enter a domain such as hubs-example.org."))
        return typed


class NameField(forms.CharField):
    """The name of a Kubernetes object."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, max_length=options.pop("max_length", 200), widget=exact(), **options)
        self.optional = True

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        if typed and not is_name(typed):
            said = _("Kubernetes names consist of lower-case letters, digits, hyphens and dots.")
            raise forms.ValidationError(said)
        return typed


class GatewayField(forms.CharField):
    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        namespace, slash, name = typed.partition("/")
        if typed and not (slash and LABEL.fullmatch(namespace) and is_name(name)):
            raise forms.ValidationError(_("Enter NAMESPACE/NAME, such as gateways/public."))
        return typed


class LinesField(forms.CharField):
    """Kubernetes names, one per line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Return the names, from lines or from a list, as the API sends it."""
        value = self.prepare_value(value)
        names = list(dict.fromkeys(str(super().clean(value)).split()))
        if len(names) > 20:
            raise forms.ValidationError(_("Enter at most 20 names."))
        if wrong := [name for name in names if not is_name(name)]:
            raise forms.ValidationError(_("Not a Kubernetes name: {name}", name=wrong[0][:100]))
        return names

"""Bring a values file."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from hubs.forms.requests import choose_from
from hubs.models import Organization
from hubs.spec.imports import Imported, from_values
from hubs.spec.yaml_text import LARGEST, YamlError, load_map


class BringForm(forms.Form):
    """Pasted or uploaded; what it comes to is `found`."""

    organization = forms.ModelChoiceField(
        queryset=Organization.objects.none(), to_field_name="slug", label="For which organisation?", empty_label=None,
        error_messages={"invalid_choice": "Choose one of your organisations.", "required": "Choose an organisation."},
    )  # fmt: skip
    title = forms.CharField(
        label="Name", help_text="What people call the hub.", max_length=100, min_length=3,
        error_messages={"required": "Give it a name.", "min_length": "This is too short."},
    )  # fmt: skip
    file = forms.FileField(label="A file", help_text="values.yaml, at most 256 KiB.", required=False)
    values = forms.CharField(
        label="Or paste it here", required=False, strip=False,
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    use_required_attribute = False
    found: Imported
    text: str

    def __init__(self, organizations: QuerySet[Organization], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, organizations)
        self.fields["values"].wide = True  # type: ignore[attr-defined]

    def keep_text(self) -> None:
        """What was uploaded stands in the field below: a browser does not keep a file."""
        self.data = {**self.data.dict(), "values": self.text}  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        upload, name = data.get("file"), "file" if data.get("file") else "values"
        try:
            if upload and upload.size > LARGEST:
                raise YamlError(f"This is too long: at most {LARGEST // 1024} KiB.")
            text = upload.read().decode() if upload else data.get("values", "").replace("\r\n", "\n")
            if not text.strip():
                raise YamlError("Choose a file, or paste its text.")
            self.text = text
            self.found = from_values(load_map(text), data.get("title") or "Imported hub")
        except UnicodeDecodeError:
            self.add_error(name, "This is no text in UTF-8.")
        except YamlError as error:
            self.add_error(name, str(error))
        return data

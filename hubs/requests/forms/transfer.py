"""Import values files."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet

from hubs.language import _, lazy
from hubs.models import Organization
from hubs.spec.imports import Imported, from_files
from hubs.spec.kept import File, joined, parts
from hubs.spec.yaml_text import LARGEST, YamlError

from .requests import OrganizationField, choose_from

NO_TEXT = lazy(
    "This file is not UTF-8 text. Choose the YAML file itself. If it is encrypted or compressed, decrypt or extract it "
    "first."
)


class Uploads(forms.FileInput):
    allow_multiple_selected = True


class UploadsField(forms.FileField):
    """Any number of files, in the order in which the browser sends them."""

    widget = Uploads

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        return [super(UploadsField, self).clean(one, initial) for one in data or ()]


class BringForm(forms.Form):
    """Pasted or uploaded values, in one or several files; `found` is the result."""

    organization = OrganizationField()
    title = forms.CharField(
        label=lazy("Name"), help_text=lazy("The name of the hub, as people see it."), max_length=100, min_length=3,
        error_messages={"required": lazy("Enter a name."), "min_length": lazy("This is too short.")},
    )  # fmt: skip
    file = UploadsField(
        label=lazy("Files"),
        required=False,
        allow_empty_file=True,
        help_text=lazy("values.yaml, or several files for one hub, as with “helm -f”. At most 256 KiB in total."),
    )
    values = forms.CharField(
        label=lazy("Or paste the text"), required=False, strip=False,
        help_text=lazy(
            "To paste several files, start each with a line --- # and its name. Later files take precedence."
        ),
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    use_required_attribute = False
    found: Imported
    read: list[File]

    def __init__(self, organizations: QuerySet[Organization], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, organizations)
        self.fields["values"].wide = True  # type: ignore[attr-defined]

    def keep_text(self, first: int = 0) -> None:
        """Put the uploaded text into the text field, because browsers don't keep uploads. `first` is the position, from
        1, of a file to move up by one."""
        if 1 < first <= len(self.read):
            self.read[first - 2], self.read[first - 1] = self.read[first - 1], self.read[first - 2]
            self.found = from_files(self.read, self.cleaned_data["title"])
        self.data = {**self.data.dict(), "values": joined(self.read)}  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        uploads, name = data.get("file"), "file" if data.get("file") else "values"
        try:
            if sum(one.size for one in uploads or ()) > LARGEST * 4:
                raise YamlError(_("This is too long: at most {size} KiB in total.", size=LARGEST // 1024))
            files = [File(one.name or "", one.read().decode()) for one in uploads or ()]
            files = files or [File("", data.get("values", ""))]
            self.read = [part for one in files for part in parts(one)]
            if not any(one.text.strip() for one in self.read):
                raise YamlError(_("Choose a file, or paste its text."))
            self.found = from_files(self.read, data.get("title") or _("Imported hub"))
        except UnicodeDecodeError:
            self.add_error(name, NO_TEXT)
        except YamlError as error:
            self.add_error(name, str(error))
        return data

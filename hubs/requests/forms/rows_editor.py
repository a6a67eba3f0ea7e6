"""Data of the editor of shared folders and volumes that is sent with the page."""

import json
from typing import Any

from django import forms

from hubs.spec import yaml_text

COLUMNS = {"singleuser.storage.extraVolumeMounts": "folders", "singleuser.storage.extraVolumes": "volumes"}


def rows_of(text: str) -> list[dict[str, Any]] | None:
    """Return the rows of a text; None if it is not a list of maps and can only be edited as text."""
    try:
        found = yaml_text.load(text) if text.strip() else []
    except ValueError:
        return None
    found = [] if found is None else found
    return found if isinstance(found, list) and all(isinstance(row, dict) for row in found) else None


class RowsEditor(forms.Textarea):
    """A text area of YAML, extended by js/profiles/rows.js with rows. Works without JavaScript."""

    class Media:
        css = {"all": ("css/profiles.css",)}
        js = (forms.Script("js/profiles/rows.js", type="module"),)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        about = json.dumps({"rows": rows_of(value or ""), "columns": COLUMNS[name]}, default=str)
        return super().get_context(name, value, {**(attrs or {}), "data-rows": about})

"""Copy a hub, compare two."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from hubs.hub.services.copies import next_dates
from hubs.models import Hub, Organization
from hubs.requests.forms.requests import OrganizationField, choose_from


class CopyForm(forms.Form):
    """What comes along is asked one by one."""

    organization = OrganizationField()
    title = forms.CharField(
        label="Name", max_length=100, min_length=3, help_text="What people will call the new hub.",
        error_messages={"required": "Give it a name.", "min_length": "This is too short."},
    )  # fmt: skip
    starts = forms.DateField(label="First day", required=False, help_text="When people start to use it.")
    ends = forms.DateField(label="Last day", required=False, help_text="After this day it is no longer needed.")
    people = forms.BooleanField(
        label="The people on its list",
        required=False,
        help_text="Everybody who may come in today. Off for a new class.",
    )
    admins = forms.BooleanField(
        label="Its hub admins by name", required=False, help_text="They see and help everybody’s servers."
    )
    use_required_attribute = False

    def __init__(self, hub: Hub, organizations: QuerySet[Organization], data: Any = None) -> None:
        first, last = next_dates(hub.spec)
        again = {"title": hub.title, "organization": hub.organization.slug, "starts": first, "ends": last}
        super().__init__(data, initial=again)
        choose_from(self, organizations)
        for name in ("starts", "ends"):
            self.fields[name].optional = True  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("starts") and data.get("ends") and data["ends"] < data["starts"]:
            self.add_error("ends", "The last day is before the first day.")
        return data

"""Form to copy a hub."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from hubs.hub.services.copies import next_dates
from hubs.language import _, lazy
from hubs.models import Hub, Organization
from hubs.requests.forms.requests import OrganizationField, choose_from


class CopyForm(forms.Form):
    """Name, dates and people of the copy."""

    organization = OrganizationField()
    title = forms.CharField(
        label=lazy("Name"), max_length=100, min_length=3, help_text=lazy("The name that people see."),
        error_messages={"required": lazy("Enter a name."), "min_length": lazy("Enter at least 3 characters.")},
    )  # fmt: skip
    starts = forms.DateField(
        label=lazy("First day"), required=False, help_text=lazy("The first day on which people use the hub.")
    )
    ends = forms.DateField(
        label=lazy("Last day"), required=False, help_text=lazy("The hub is suspended after this day.")
    )
    people = forms.BooleanField(
        label=lazy("People on the list"),
        required=False,
        help_text=lazy("Everyone on the hub’s people list today. Leave it off for a new class."),
    )
    admins = forms.BooleanField(
        label=lazy("Hub admins added by name"), required=False, help_text=lazy("They can access everyone’s servers.")
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
            self.add_error("ends", _("The last day is before the first day."))
        return data

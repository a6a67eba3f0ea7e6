"""Form to extend a hub."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from hubs.days.queries import today, zone_name
from hubs.language import _, lazy
from hubs.models import Hub
from hubs.spec import days


class ExtendForm(forms.Form):
    ends = forms.DateField(
        label=lazy("New last day"),
        help_text="",
        error_messages={"required": lazy("Choose a day."), "invalid": lazy("Enter a date such as 2027-01-31.")},
    )
    reason = forms.CharField(
        label=lazy("Reason"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=lazy("For staff, in case the request needs review."),
    )
    use_required_attribute = False

    def __init__(self, hub: Hub, data: Any = None) -> None:
        super().__init__(data)
        self.fields["reason"].optional = True  # type: ignore[attr-defined]
        now = today(timezone.now(), hub.organization)
        last = days.farthest(now)
        ends = self.fields["ends"]
        zone = zone_name(hub.organization)
        ends.help_text = _("The hub is suspended at midnight after this day (time zone {zone}).", zone=zone)
        ends.widget.attrs |= {"min": _after(max(now, min(hub.ends_on or now, last))), "max": last.isoformat()}


def _after(day: date) -> str:
    return (day + timedelta(days=1)).isoformat() if day < date.max else day.isoformat()

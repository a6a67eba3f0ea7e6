"""A later last day for a hub."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

from hubs.dates import today
from hubs.models import Hub

FARTHEST = timedelta(days=5 * 366)


class ExtendForm(forms.Form):
    ends = forms.DateField(
        label="New last day",
        help_text="It is suspended at midnight (UTC) after this day.",
        error_messages={"required": "Choose a day.", "invalid": "Write a day such as 2027-01-31."},
    )
    reason = forms.CharField(
        label="Why",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For staff, in case they have to look at it.",
    )
    use_required_attribute = False

    def __init__(self, hub: Hub, data: Any = None) -> None:
        super().__init__(data)
        self.fields["reason"].optional = True  # type: ignore[attr-defined]
        now = today(timezone.now())
        first = max(now, hub.ends_on or now) + timedelta(days=1)
        self.fields["ends"].widget.attrs["min"] = first.isoformat()

    def clean_ends(self) -> Any:
        day = self.cleaned_data["ends"]
        if day > today(timezone.now()) + FARTHEST:
            raise forms.ValidationError("That is too far away: at most five years.")
        return day

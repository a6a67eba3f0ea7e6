"""The form of notification settings."""

from datetime import time
from itertools import groupby
from typing import Any

from django import forms
from django.conf import settings

from hubs.audit.rules.verbs import TELLS
from hubs.language import _, lazy
from hubs.models import User
from hubs.notify.rules.audience import HOW_WORDS, KINDS, Who
from hubs.notify.rules.quiet_hours import NIGHT, offered

from .services import choices as notification_choices

PREFIX = "how-"
FOR_STAFF = frozenset(KINDS) - {row.kind for _, row in TELLS if row.who != (Who.STAFF,)}  # kinds that only staff get


CONTINENTS = {
    "Africa": lazy("Africa"), "America": lazy("America"), "Antarctica": lazy("Antarctica"), "Arctic": lazy("Arctic"),
    "Asia": lazy("Asia"), "Atlantic": lazy("Atlantic"), "Australia": lazy("Australia"), "Europe": lazy("Europe"),
    "Indian": lazy("Indian Ocean"), "Pacific": lazy("Pacific"),
}  # fmt: skip
COMMON = (
    "UTC", "Europe/London", "Europe/Berlin", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "America/Sao_Paulo", "Africa/Johannesburg", "Asia/Kolkata", "Asia/Shanghai", "Asia/Tokyo",
    "Australia/Sydney",
)  # fmt: skip


def _place(name: str) -> str:
    """Return what to show of a time zone below its continent, so that typing the city finds it."""
    return name.partition("/")[2].replace("_", " ") or name


def zone_choices(kept: str = "") -> list[Any]:
    """Return the time zones as choices: the portal's own, common ones, and all by continent. `kept` is the one that is
    set: it stays a choice, although newer names may have replaced it."""
    groups = groupby((name for name in offered() if "/" in name), key=lambda name: name.partition("/")[0])
    return [
        ("", _("Portal default: {zone}", zone=settings.READERS_TIME_ZONE)),
        *([(kept, kept.replace("_", " "))] if kept and kept not in offered() else []),
        (_("Common"), [(name, _place(name)) for name in COMMON]),
        *(
            (CONTINENTS.get(group, group), [(name, _place(name)) for name in names if name not in COMMON])
            for group, names in groups
        ),
    ]


class ChoicesForm(forms.Form):
    """One field per kind, one that sets them all, and the fields for when emails may be sent."""

    everything = forms.ChoiceField(
        label=lazy("All events"),
        required=False,
        choices=[("", lazy("As chosen below")), *((how.value, words) for how, words in HOW_WORDS.items())],
        widget=forms.Select(attrs={"data-sets": PREFIX}),
    )
    quiet = forms.BooleanField(
        label=lazy("Quiet hours"),
        required=False,
        help_text=lazy("No emails are sent during quiet hours. The inbox is not affected."),
    )
    quiet_from = forms.TimeField(
        label=lazy("From"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=lazy("Until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    use_required_attribute = False

    def __init__(self, person: User, data: Any = None) -> None:
        self.person, now = person, notification_choices.of(person)
        start, end = (person.quiet_from, person.quiet_until) if person.quiet_from else NIGHT
        super().__init__(
            data,
            initial={
                **{f"{PREFIX}{kind}": how for kind, how in now.items()},
                "quiet": person.quiet_from is not None,
                "quiet_from": start,
                "quiet_until": end,
            },
        )
        self.asked = [
            name for name in KINDS if name in notification_choices.CHOSEN and (person.is_staff or name not in FOR_STAFF)
        ]
        for kind in (KINDS[name] for name in self.asked):
            choices = [(how.value, words) for how, words in HOW_WORDS.items()]
            self.fields[f"{PREFIX}{kind.name}"] = forms.ChoiceField(
                label=kind.title, help_text=kind.about, choices=choices
            )

    @property
    def kinds(self) -> list[forms.BoundField]:
        return [self[f"{PREFIX}{kind}"] for kind in self.asked]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("quiet"):
            for name in ("quiet_from", "quiet_until"):
                if name not in self.errors and found.get(name) is None:
                    self.add_error(name, _("Enter a time, such as 20:00."))
            if found.get("quiet_from") and found.get("quiet_from") == found.get("quiet_until"):
                self.add_error("quiet_until", _("Start and end are the same. Choose a different time."))
        return found

    def chosen(self) -> dict[str, Any]:
        """Return the values for the service."""
        data = self.cleaned_data
        hours: list[time | None] = [data["quiet_from"], data["quiet_until"]] if data["quiet"] else [None, None]
        return {
            "hows": {kind: data["everything"] or data[f"{PREFIX}{kind}"] for kind in self.asked},
            "time_zone": self.person.time_zone,
            "quiet_from": hours[0],
            "quiet_until": hours[1],
        }

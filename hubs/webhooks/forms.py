"""The form of a webhook: its address and its events."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms

from hubs.language import lazy
from hubs.models import Webhook
from hubs.models.webhook import ALL
from hubs.webhooks.services.webhooks import OFFERED


class WebhookForm(forms.Form):
    """Validated by hubs.webhooks.services.webhooks. Each group of events is a field of check boxes."""

    url = forms.CharField(
        required=False, label=lazy("Address"),
        help_text=lazy("The https address of your app. The portal sends POST requests to it."),
        widget=forms.URLInput(attrs={"placeholder": "https://example.org/hubs", "autocapitalize": "none",
                                     "spellcheck": "false", "autocomplete": "off"}),
    )  # fmt: skip
    description = forms.CharField(
        required=False,
        max_length=200,
        label=lazy("Description"),
        help_text=lazy("So that others recognise it, for example “Slack notifier”."),
    )
    what = forms.ChoiceField(
        choices=[("all", lazy("All events, including new ones added later")),
                 ("some", lazy("Only the events selected below"))],
        initial="some", label=lazy("Events"), widget=forms.RadioSelect, required=False,
    )  # fmt: skip
    use_required_attribute = False

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["description"].optional = True  # type: ignore[attr-defined]
        for number, (group, kinds) in enumerate(OFFERED):
            self.fields[f"group{number}"] = forms.MultipleChoiceField(
                choices=list(kinds.items()), required=False, label=group, widget=forms.CheckboxSelectMultiple
            )

    def groups(self) -> list[forms.BoundField]:
        """Return the fields of check boxes, one per group of events."""
        return [self[name] for name in self.fields if name.startswith("group")]

    def values(self) -> dict[str, Any]:
        """Return the values for the services. Call is_valid() first."""
        given = self.cleaned_data
        some = [kind for name in self.fields if name.startswith("group") for kind in given.get(name, [])]
        types = [ALL] if given.get("what") == "all" else some
        return {"url": given.get("url", ""), "description": given.get("description", ""), "types": types}

    @classmethod
    def of(cls, row: Webhook) -> "WebhookForm":
        ticked = {
            f"group{n}": [kind for kind in kinds if kind in row.types] for n, (_group, kinds) in enumerate(OFFERED)
        }
        what = "all" if row.hears_all else "some"
        return cls(initial={"url": row.url, "description": row.description, "what": what, **ticked})


def field_of(name: str) -> str:
    """Return the form field of a name that the services use."""
    return "what" if name == "types" else name


class SinceForm(forms.Form):
    """The first day whose failed deliveries are sent again."""

    since = forms.DateField(
        required=False, label=lazy("Since"), help_text=lazy("Leave empty for all stored deliveries.")
    )
    use_required_attribute = False

    def moment(self) -> datetime | None:
        """Return the start of that day (UTC). Call is_valid() first."""
        day = self.cleaned_data["since"]
        return datetime.combine(day, time(), UTC) if day else None

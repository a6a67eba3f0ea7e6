"""The form of a webhook: its address and its events."""

from datetime import UTC, datetime, time
from typing import Any

from django import forms

from hubs.language import lazy
from hubs.models import Organization, Webhook
from hubs.models.webhook import ALL
from hubs.webhooks.queries import offered

USUAL = ("request.submit", "request.approve", "request.reject", "hub.ready", "hub.stalled", "hub.retired")


class WebhookForm(forms.Form):
    """Validated by hubs.webhooks.services.webhooks. Each group of events is a field of check boxes."""

    url = forms.CharField(
        required=False, label=lazy("Address"),
        help_text=lazy("The address of your app, with https. The portal sends POST requests to it."),
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

    def __init__(self, data: Any = None, *, organization: Organization | None, row: Webhook | None = None) -> None:
        """`row`: the webhook that is edited; without it, the usual events are selected."""
        given = (
            {"url": row.url, "description": row.description, "what": "all" if row.hears_all else "some"} if row else {}
        )
        super().__init__(data, initial=given)
        self.fields["description"].optional = True  # type: ignore[attr-defined]
        for number, (group, kinds) in enumerate(offered(of_one=organization is not None)):
            self.fields[f"group{number}"] = forms.MultipleChoiceField(
                choices=list(kinds.items()), required=False, label=group, widget=forms.CheckboxSelectMultiple,
                initial=[kind for kind in kinds if kind in (row.types if row else USUAL)],
            )  # fmt: skip

    def groups(self) -> list[forms.BoundField]:
        """Return the fields of check boxes, one per group of events."""
        return [self[name] for name in self.fields if name.startswith("group")]

    def values(self) -> dict[str, Any]:
        """Return the values for the services. Call is_valid() first."""
        given = self.cleaned_data
        some = [kind for name in self.fields if name.startswith("group") for kind in given.get(name, [])]
        types = [ALL] if given.get("what") == "all" else some
        return {"url": given.get("url", ""), "description": given.get("description", ""), "types": types}


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

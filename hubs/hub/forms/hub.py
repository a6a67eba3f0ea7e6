"""Forms for retiring a hub and for its default user limits."""

from collections.abc import Mapping

from django import forms

from hubs.hub.services.hubs import KEEP_DAYS, MOST_DAYS, USER_LIMITS
from hubs.language import _, lazy, number
from hubs.models import Hub
from hubs.requests.forms.spec import StepForm
from hubs.spec import FIELDS, Draft, to_draft


class RetireForm(forms.Form):
    """How long people's volumes are kept when a hub in a cluster is retired."""

    decision = forms.ChoiceField(
        label=lazy("People’s files"),
        choices=[("keep", lazy("Keep for some days")), ("delete", lazy("Delete immediately"))],
        initial="keep",
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose what happens to people’s files.")},
    )
    days = forms.IntegerField(
        label=lazy("Keep for"),
        min_value=1,
        max_value=MOST_DAYS,
        initial=KEEP_DAYS,
        required=False,
        help_text=lazy("Staff can restore files until then. Afterwards the files are deleted permanently."),
    )
    use_required_attribute = False

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        decision, days = self.fields["decision"], self.fields["days"]
        decision.choice_help = {  # type: ignore[attr-defined]
            "keep": _("The volumes stay in the cluster, but no one can open the hub any more."),
            "delete": _("The files can’t be recovered, not even by staff."),
        }
        days.unit, days.limit_note = _("days"), _("1 to {most}", most=number(MOST_DAYS))  # type: ignore[attr-defined]

    def clean_days(self) -> int | None:
        days: int | None = self.cleaned_data.get("days")
        if days is None and self.cleaned_data.get("decision") == "keep":
            raise forms.ValidationError(_("Enter a number of days."))
        return days

    @property
    def keep_days(self) -> int:
        """The value for hub.services.hubs.retire; 0 deletes immediately."""
        return 0 if self.cleaned_data["decision"] == "delete" else int(self.cleaned_data["days"])


class UserLimitsForm(StepForm):
    """User limits that an organisation's admin can set, each with the organisation's limit and the current value."""

    def __init__(self, hub: Hub, typed: Draft, errors: Mapping[str, list[str]] | None = None) -> None:
        super().__init__("sizes", {**to_draft(hub.spec), **typed}, address=False)
        self.paths = list(USER_LIMITS)
        self.fields = {path: self.fields[path] for path in self.paths}
        self.note_place(hub.cluster, {**to_draft(hub.spec), **typed}, hub.spec, wrong=errors or {})
        if not hub.cluster.can.enforces_limits:
            self.notes = []  # the page has one note for all of them
        if "cull.timeout" in self.fields:
            more = _("It is the same for everyone. Rules can’t change it.")
            self.fields["cull.timeout"].help_text = f"{self.fields['cull.timeout'].help_text} {more}"
        self.forget_questions_of_other_steps()
        self.note_limits(hub.spec, hub.organization)
        self.note_before(hub.spec)
        self.show(errors or {})
        for sentence in (errors or {}).get("", []):
            self.add_error(None, sentence)


def posted_limits(data: Mapping[str, str]) -> Draft:
    """Return the user limits in a request body."""
    return {path: data[path] for path in USER_LIMITS if path in data and path in FIELDS}

"""Forms around hubs: what becomes of files, and what everybody may use."""

from collections.abc import Mapping

from django import forms

from hubs.hub.services.hubs import KEEP_DAYS, MOST_DAYS, USER_LIMITS
from hubs.models import Hub
from hubs.requests.forms.spec import StepForm
from hubs.spec import FIELDS, Draft, to_draft


class RetireForm(forms.Form):
    """What becomes of people's volumes when a hub in a cluster is retired."""

    decision = forms.ChoiceField(
        label="People’s files",
        choices=[("keep", "Keep them for a while"), ("delete", "Delete them at once")],
        initial="keep",
        widget=forms.RadioSelect,
        error_messages={"required": "Say what happens to people’s files."},
    )
    days = forms.IntegerField(
        label="Keep them for",
        min_value=1,
        max_value=MOST_DAYS,
        initial=KEEP_DAYS,
        required=False,
        help_text="Until then staff can get something back. Afterwards they are deleted for good.",
    )
    use_required_attribute = False

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        decision, days = self.fields["decision"], self.fields["days"]
        decision.choice_help = {  # type: ignore[attr-defined]
            "keep": "Their volumes stay in the cluster, though nobody can open the hub any more.",
            "delete": "Nobody can get them back, staff neither.",
        }
        days.unit, days.limit_note = "days", f"1 to {MOST_DAYS}"  # type: ignore[attr-defined]

    def clean_days(self) -> int | None:
        days: int | None = self.cleaned_data.get("days")
        if days is None and self.cleaned_data.get("decision") == "keep":
            raise forms.ValidationError("Say for how many days.")
        return days

    @property
    def keep_days(self) -> int:
        """As hub.services.hubs.retire has it: 0 = delete at once."""
        return 0 if self.cleaned_data["decision"] == "delete" else int(self.cleaned_data["days"])


class UserLimitsForm(StepForm):
    """The limits that an organisation's admin sets by hand, with the agreed limit and the present value beside each."""

    def __init__(self, hub: Hub, typed: Draft, errors: Mapping[str, list[str]] | None = None) -> None:
        super().__init__("sizes", {**to_draft(hub.spec), **typed}, address=False)
        self.paths = list(USER_LIMITS)
        self.fields = {path: self.fields[path] for path in self.paths}
        self.note_place(hub.cluster, {**to_draft(hub.spec), **typed}, hub.spec, wrong=errors or {})
        self.forget_questions_of_other_steps()
        self.note_limits(hub.spec, hub.organization)
        self.note_before(hub.spec)
        self.show(errors or {})
        for sentence in (errors or {}).get("", []):
            self.add_error(None, sentence)


def posted_limits(data: Mapping[str, str]) -> Draft:
    """What a body says about user limits."""
    return {path: data[path] for path in USER_LIMITS if path in data and path in FIELDS}

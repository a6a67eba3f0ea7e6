"""Fields for secrets: stored and never shown again. Each shows whether a secret is set, since when and by whom."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils import timezone

from hubs.language import _, calendar_day, lazy, within
from hubs.requests.services.rotation import KINDS
from hubs.requests.services.secrets import ASKED, Asked, Known, label_of
from hubs.spec import HubSpec
from hubs.spec.hiding import hidden_in
from hubs.spec.sign_in import CALLBACK, LAUNCHES, OAUTH, OWN_NAMES
from hubs.spec.trees import joined
from hubs.text.texts import MOST

from .spec import Answer, StepForm

STEP = "people"
# Each secret is placed after the client ID that it belongs to.
CLIENT_IDS = {
    "github": "signIn.github.client_id",
    "google": "signIn.google.client_id",
    "cilogon": "signIn.cilogon.client_id",
    "generic-oauth": "signIn.oauth.client_id",
    **dict.fromkeys(OWN_NAMES, "signIn.adminUsers"),
}


def state_of(known: Known | None) -> str:
    """Return that a secret is set, in words."""
    if known is None:
        return ""
    day = calendar_day(timezone.localtime(known.at)) if known.at else ""
    if day and known.by:
        return _("set on {day} by {name}", day=day, name=known.by)
    if day:
        return _("set on {day}", day=day)
    return _("set by {name}", name=known.by) if known.by else within("secret", "set")


def _about(one: Asked, state: str) -> str:
    """Return the help of the field for a secret."""
    found = [_("Stored encrypted, and never shown again.")]
    if one.shortest > 1:
        found.append(_("At least {least} characters.", least=one.shortest))
    if one.method in OWN_NAMES:
        found.append(_("Required if hub admins are listed: it is needed to create an account with one of their names."))
    if state:
        found.append(_("Leave empty to keep the current one."))
    return " ".join(found)


def add_secrets(form: StepForm, known: Mapping[str, Known], spec: HubSpec, errors: Mapping[str, list[str]]) -> None:
    """Add a field for the secret of each sign-in method, after the fields of the method."""
    fields: dict[str, Answer] = {}
    after: dict[str, list[str]] = {}
    for one in ASKED:
        state = state_of(known.get(one.path))
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "spellcheck": "false"})
        made = Answer(one.label, _about(one, state), widget)
        made.was, made.optional = state, bool(state)
        made.when, made.off = f"signIn.method:{one.method}", spec.signIn.method != one.method
        fields[one.path] = made
        after.setdefault(CLIENT_IDS.get(one.method, "signIn.method"), []).append(one.path)
    order = [name for field in form.fields for name in (field, *after.get(field, []))]
    form.fields = {name: fields.get(name) or form.fields[name] for name in order}
    for path, sentences in errors.items():
        if path in fields:
            form.add_error(path, list(sentences))


def note_hidden(form: StepForm, known: Mapping[str, Known], spec: HubSpec) -> None:
    """Show which secrets are stored for a field whose text contained secrets, since when and by whom."""
    kept: dict[str, list[str]] = {}
    for field, path in hidden_in(spec):
        if one := known.get(joined(path)):
            kept.setdefault(field, []).append(f"{label_of(one.path)} ({state_of(one)})")
    for field, names in kept.items():
        if field in form.fields:
            said = _(
                "Stored encrypted: {names}. To replace a value, enter the new one in its place.", names=", ".join(names)
            )
            form[field].help_text = f"{form[field].help_text} {said}"


def posted_secrets(data: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets in a request body; empty fields are ignored."""
    return {one.path: data[one.path] for one in ASKED if data.get(one.path)}


class RotateForm(forms.Form):
    """Which generated secrets of a hub to rotate. hubs.requests.services.rotation validates the choice."""

    names = forms.MultipleChoiceField(
        label=lazy("Secrets"),
        choices=[(kind.name, kind.label) for kind in KINDS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label=lazy("Reason"),
        required=False,
        max_length=MOST,
        help_text=lazy("Recorded in the audit log."),
        widget=forms.Textarea({"rows": 2}),
    )
    use_required_attribute = False

    def __init__(self, data: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self.fields["names"].choice_help = {kind.name: kind.effect for kind in KINDS}  # type: ignore[attr-defined]
        self.fields["reason"].optional = True  # type: ignore[attr-defined]

    def say(self, errors: Mapping[str, list[str]]) -> None:
        """Show a service's errors next to their fields."""
        self.full_clean()
        for name, sentences in errors.items():
            self.errors.pop(name, None)
            self.add_error(name, sentences)


def to_paste(where: str) -> dict[str, Any]:
    """The URLs below the hub's address that people register with their sign-in service, once it is known."""
    where = "" if where.startswith("/") else where
    return {
        "callback": f"{where}{CALLBACK}" if where else "",
        "oauth": OAUTH,
        "needs_address": (*OAUTH, "lti13"),
        "launches": [f"{where}{path}" for path in LAUNCHES] if where else [],
    }

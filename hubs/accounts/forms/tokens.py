"""Forms of tokens and service accounts."""

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from hubs import access
from hubs.access import Permission
from hubs.language import _, lazy, plural
from hubs.lists.choices import RowChoice
from hubs.models import Organization, Role, Scope

DAYS = (7, 30, 90, 180, 365)
USUAL = 90
# Permissions of an organisation that a scope can use. An instructor can also operate the hubs that they created.
NEEDS = {
    Scope.REQUEST: {Permission.REQUEST},
    Scope.OPERATE: {Permission.OPERATE, Permission.REQUEST},
    Scope.ADMINISTER: {Permission.PEOPLE, Permission.LIMITS, Permission.IMAGES},
}


class TokenForm(forms.Form):
    """The values are validated by hubs.accounts.services.tokens. `role`: of the service account that gets the token."""

    name = forms.CharField(
        max_length=100, label=lazy("Name"), help_text=lazy("What the token is for, such as “term script”.")
    )
    scopes = forms.MultipleChoiceField(
        label=lazy("Scopes"), widget=forms.CheckboxSelectMultiple,
        help_text=lazy("A token never has more permissions than you. Choose only what it needs."),
        error_messages={"required": lazy("Choose at least one scope.")},
    )  # fmt: skip
    days = forms.TypedChoiceField(coerce=int, label=lazy("Expires after"), initial=USUAL)
    organization = RowChoice(
        queryset=Organization.objects.none(), to_field_name="slug", required=False,
        empty_label=lazy("Everything I have access to"),
        label=lazy("Access to"), help_text=lazy("Choose an organisation to limit the token to it."),
    )  # fmt: skip
    use_required_attribute = False

    def __init__(
        self, data: Any = None, *, staff: bool, organizations: QuerySet[Organization] | None = None, role: str = "",
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(data, **kwargs)
        scopes = [scope for scope in Scope if staff or scope != Scope.APPROVE]
        if role:
            may = access.ROLES[role]
            scopes = [scope for scope in scopes if scope not in NEEDS or NEEDS[scope] & may]
            self.fields["scopes"].help_text = _(
                "A token never has more permissions than the service account ({role}). Choose only what it needs.",
                role=Role(role).label,
            )
        self.fields["scopes"].choices = [(scope.value, scope.label) for scope in scopes]  # type: ignore[attr-defined]
        days = [number for number in DAYS if number <= settings.TOKEN_DAYS] or [settings.TOKEN_DAYS]
        named = [(number, plural("{count} day", "{count} days", number)) for number in days]
        self.fields["days"].choices = named  # type: ignore[attr-defined]
        if organizations is None:
            del self.fields["organization"]
        else:
            self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]
            self.fields["organization"].optional = True  # type: ignore[attr-defined]


class CodeForm(forms.Form):
    """The code that an app shows."""

    user_code = forms.CharField(
        max_length=20, label=lazy("Code"), help_text=lazy("The eight letters that your app shows."),
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": lazy("Enter the code that your app shows.")},
    )  # fmt: skip
    use_required_attribute = False


class AllowForm(TokenForm):
    """The scopes that an app gets, at most those that it requested."""

    field_order = ["scopes", "days", "organization"]

    def __init__(self, data: Any = None, *, asked: list[str], staff: bool, **kwargs: Any) -> None:
        super().__init__(data, staff=staff, **kwargs)
        del self.fields["name"]
        choices = [choice for choice in Scope.choices if choice[0] in asked and (staff or choice[0] != Scope.APPROVE)]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
        self.fields["scopes"].initial = [choice[0] for choice in choices]
        self.fields["scopes"].help_text = _("The scopes that the app requested. Clear those it doesn’t need.")

"""A token as asked for, and an account for a program."""

from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from hubs.lists.choices import RowChoice
from hubs.models import Organization, Role, Scope

DAYS = ((7, "a week"), (30, "a month"), (90, "three months"), (180, "half a year"), (365, "a year"))
USUAL = 90


class TokenForm(forms.Form):
    """What is right is decided by hubs.accounts.services.tokens."""

    name = forms.CharField(
        max_length=100, label="Name", help_text="What it is for, so that you know it again: “term script”."
    )
    scopes = forms.MultipleChoiceField(
        label="What it may do", widget=forms.CheckboxSelectMultiple,
        help_text="Never more than you may yourself. Give it as little as will do.",
        error_messages={"required": "Choose at least one."},
    )  # fmt: skip
    days = forms.TypedChoiceField(coerce=int, label="Ends after", initial=USUAL)
    organization = RowChoice(
        queryset=Organization.objects.none(), to_field_name="slug", required=False, empty_label="Everything that I may",
        label="Only for", help_text="With one organisation it sees no other.",
    )  # fmt: skip
    use_required_attribute = False

    def __init__(
        self, data: Any = None, *, staff: bool, organizations: QuerySet[Organization] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        choices: Any = [choice for choice in Scope.choices if staff or choice[0] != Scope.APPROVE]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
        days: Any = [choice for choice in DAYS if choice[0] <= settings.TOKEN_DAYS] or [(settings.TOKEN_DAYS, "…")]
        self.fields["days"].choices = days  # type: ignore[attr-defined]
        if organizations is None:
            del self.fields["organization"]
        else:
            self.fields["organization"].queryset = organizations  # type: ignore[attr-defined]
            self.fields["organization"].optional = True  # type: ignore[attr-defined]


class CodeForm(forms.Form):
    """The code that a program shows."""

    user_code = forms.CharField(
        max_length=20, label="Code", help_text="Eight letters, as your program shows them.",
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Type the code that your program shows."},
    )  # fmt: skip
    use_required_attribute = False


class AllowForm(TokenForm):
    """What a program may that asks for a token: not more than it asked for."""

    field_order = ["scopes", "days", "organization"]

    def __init__(self, data: Any = None, *, asked: list[str], staff: bool, **kwargs: Any) -> None:
        super().__init__(data, staff=staff, **kwargs)
        del self.fields["name"]
        choices = [choice for choice in Scope.choices if choice[0] in asked and (staff or choice[0] != Scope.APPROVE)]
        self.fields["scopes"].choices = choices  # type: ignore[attr-defined]
        self.fields["scopes"].initial = [choice[0] for choice in choices]
        self.fields["scopes"].help_text = "What it asked for. Take away what it does not need."


class AccountForm(forms.Form):
    name = forms.CharField(
        max_length=30, label="Name", help_text="Small letters, digits and dashes: term-script.",
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    role = forms.ChoiceField(choices=Role.choices, initial=Role.INSTRUCTOR, label="Role")
    use_required_attribute = False

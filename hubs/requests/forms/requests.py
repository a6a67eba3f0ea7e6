"""Small forms of requests: start, comment, decide."""

import uuid
from typing import cast

from django import forms
from django.db.models import QuerySet

from hubs.language import _, lazy
from hubs.lists.choices import RowChoice
from hubs.models import Organization, StartingPoint


class OrganizationField(RowChoice):
    def __init__(self) -> None:
        super().__init__(
            queryset=Organization.objects.none(), to_field_name="slug", label=lazy("Organisation"),
            empty_label=None, error_messages={
                "invalid_choice": lazy("Choose one of your organisations."),
                "required": lazy("Choose an organisation."),
            },
        )  # fmt: skip


def choose_from(form: forms.Form, organizations: QuerySet[Organization]) -> None:
    """Allow only these organisations; other values are reported as errors."""
    cast(RowChoice, form.fields["organization"]).queryset = organizations


def offered_in(form: forms.Form) -> QuerySet[Organization]:
    """Return the organisations of this form, as the form reads them."""
    return cast(RowChoice, form.fields["organization"]).queryset  # type: ignore[return-value]


class BeginForm(forms.Form):
    """Choose a starting point and an organisation. `uid` is part of the page, so a double click makes one request."""

    organization = OrganizationField()
    starting_point = forms.ModelChoiceField(
        queryset=StartingPoint.objects.none(), to_field_name="slug", empty_label=None,
        error_messages=dict.fromkeys(("invalid_choice", "required"), lazy("Choose one of the cards.")),
    )  # fmt: skip
    uid = forms.UUIDField(widget=forms.HiddenInput, required=False)
    use_required_attribute = False

    def __init__(
        self, organizations: QuerySet[Organization], points: QuerySet[StartingPoint], data=None, **kwargs
    ) -> None:
        super().__init__(data, **kwargs)
        choose_from(self, organizations)
        cast(forms.ModelChoiceField, self.fields["starting_point"]).queryset = points

    def request_uid(self) -> uuid.UUID | None:
        """The same page, card and organisation give the same request; a different card gives a different one."""
        page = self.cleaned_data["uid"]
        chosen = f"{self.cleaned_data['organization'].pk} {self.cleaned_data['starting_point'].slug}"
        return uuid.uuid5(page, chosen) if page else None


class CommentForm(forms.Form):
    text = forms.CharField(
        label=lazy("Write a comment"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    internal = forms.BooleanField(label=lazy("Visible to staff only"), required=False)
    use_required_attribute = False

    def __init__(self, data=None, *, staff: bool, **kwargs) -> None:
        super().__init__(data, **kwargs)
        if not staff:
            self.fields["text"].help_text = _("Visible to staff and to people who run the organisation.")
            del self.fields["internal"]


class ReasonForm(forms.Form):
    """The requester's reason on the review page, or staff's message on the request page."""

    reason = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3}))
    use_required_attribute = False

    def __init__(
        self, data=None, *, label: str, about: str, needed: bool = False, optional: bool = False, **kwargs
    ) -> None:
        """`needed` and `optional` only mark the field; the service validates the text."""
        super().__init__(data, **kwargs)
        self.fields["reason"].required = needed
        self.fields["reason"].optional = optional  # type: ignore[attr-defined]
        self.fields["reason"].label = label
        self.fields["reason"].help_text = about


class CodeForm(forms.Form):
    """Code that staff add to a hub's configuration."""

    code = forms.CharField(
        required=False, strip=False, label="Python", help_text=lazy("Leave empty to remove the code."),
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false", "autocapitalize": "off"}),
    )  # fmt: skip
    use_required_attribute = False

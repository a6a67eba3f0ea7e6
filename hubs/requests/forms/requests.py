"""Small forms around requests: begin, filter, comment, decide."""

import uuid
from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet

from hubs.models import ChangeRequest, Organization, StartingPoint
from hubs.requests.rules import State

ANY = ("", "All")


def choose_from(form: forms.Form, organizations: QuerySet[Organization]) -> None:
    """Only these can be chosen, and a tampered form is told so."""
    cast(forms.ModelChoiceField, form.fields["organization"]).queryset = organizations


class BeginForm(forms.Form):
    """Choose a starting point and an organisation. `uid` comes with the page, so a double click is one request."""

    organization = forms.ModelChoiceField(
        queryset=Organization.objects.none(), to_field_name="slug", label="For which organisation?", empty_label=None,
        error_messages={"invalid_choice": "Choose one of your organisations.", "required": "Choose an organisation."},
    )  # fmt: skip
    starting_point = forms.ModelChoiceField(
        queryset=StartingPoint.objects.none(), to_field_name="slug", empty_label=None,
        error_messages={"invalid_choice": "Choose one of the cards.", "required": "Choose one of the cards."},
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
        """The same page, card and organisation give the same request; another card gives another."""
        page = self.cleaned_data["uid"]
        chosen = f"{self.cleaned_data['organization'].pk} {self.cleaned_data['starting_point'].slug}"
        return uuid.uuid5(page, chosen) if page else None


class _Filters(forms.Form):
    """What a list shows. What makes no sense (tampered addresses) is as if nothing was chosen."""

    q = forms.CharField(required=False, max_length=100, label="Search")
    organization = forms.ModelChoiceField(
        queryset=Organization.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label="All",
        label="Organisation",
    )

    def __init__(self, organizations: QuerySet[Organization], data=None, **kwargs) -> None:
        super().__init__(data, **kwargs)
        choose_from(self, organizations.order_by("name").distinct())
        self.fields["organization"].widget.attrs["data-submit"] = True
        self.full_clean()

    def chosen(self, name: str) -> Any:
        return self.cleaned_data.get(name) or ""

    @property
    def any(self) -> bool:
        return any(self.cleaned_data.values())

    def narrow(self, rows: QuerySet[ChangeRequest]) -> QuerySet[ChangeRequest]:
        if words := self.chosen("q"):
            rows = rows.filter(
                Q(title__icontains=words)
                | Q(slug__icontains=words)
                | Q(requester__name__icontains=words)
                | Q(requester__username__icontains=words)
            )
        if organization := self.chosen("organization"):
            rows = rows.filter(organization=organization)
        return rows


SORTS = {
    "": ("Newest first", ("-updated_at", "-pk")),
    "oldest": ("Oldest first", ("updated_at", "pk")),
    "name": ("By name", ("title", "-pk")),
}


class RequestFilters(_Filters):
    state = forms.ChoiceField(
        required=False,
        choices=[ANY, *((state.value, state.value.capitalize()) for state in State)],
        widget=forms.Select(attrs={"data-submit": True}),
    )
    sort = forms.ChoiceField(
        required=False,
        choices=[(name, words) for name, (words, _) in SORTS.items()],
        widget=forms.Select(attrs={"data-submit": True}),
    )

    def narrow(self, rows: QuerySet[ChangeRequest]) -> QuerySet[ChangeRequest]:
        rows = super().narrow(rows)
        if state := self.chosen("state"):
            rows = rows.filter(state=state)
        return rows

    @property
    def order(self) -> tuple[str, ...]:
        return SORTS[self.chosen("sort")][1]


class QueueFilters(_Filters):
    order = ("submitted_at", "pk")  # oldest first
    turn = forms.ChoiceField(
        required=False,
        label="Whose turn",
        choices=[("", "Staff"), ("requester", "The requester")],
        widget=forms.Select(attrs={"data-submit": True}),
    )
    kind = forms.ChoiceField(
        required=False,
        label="What",
        choices=[ANY, *ChangeRequest.Kind.choices],
        widget=forms.Select(attrs={"data-submit": True}),
    )

    def narrow(self, rows: QuerySet[ChangeRequest]) -> QuerySet[ChangeRequest]:
        state = State.RETURNED if self.chosen("turn") else State.SUBMITTED
        rows = super().narrow(rows).filter(state=state)
        if kind := self.chosen("kind"):
            rows = rows.filter(kind=kind)
        return rows


class CommentForm(forms.Form):
    text = forms.CharField(
        label="Write a comment", required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    internal = forms.BooleanField(label="Only staff can read it", required=False)
    use_required_attribute = False

    def __init__(self, data=None, *, staff: bool, **kwargs) -> None:
        super().__init__(data, **kwargs)
        self.fields["text"].help_text = "" if staff else "Staff and whoever runs the organisation read it."
        if not staff:
            del self.fields["internal"]


class ReasonForm(forms.Form):
    """Why the author asks, on the review; why staff decide, on the request."""

    reason = forms.CharField(required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3}))
    use_required_attribute = False

    def __init__(self, data=None, *, label: str, about: str, needed: bool = False, **kwargs) -> None:
        """`needed` only says so; what is enough the service knows."""
        super().__init__(data, **kwargs)
        self.fields["reason"].required = needed
        self.fields["reason"].label = label
        self.fields["reason"].help_text = about


class CodeForm(forms.Form):
    """What staff add to a hub's own configuration."""

    code = forms.CharField(
        required=False, strip=False, label="Python", help_text="Empty this field to take the code away.",
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false", "autocapitalize": "off"}),
    )  # fmt: skip
    use_required_attribute = False


def beside(form: forms.Form, errors: dict[str, list[str]]) -> None:
    """Put a service's sentences beside the fields of a bound form; what has no field goes on top."""
    form.full_clean()
    form._errors = forms.utils.ErrorDict(renderer=form.renderer)  # type: ignore[attr-defined]  # one judge, or everything is said twice
    for name, sentences in errors.items():
        form.add_error(name if name in form.fields else None, list(sentences))

"""How the audit is narrowed."""

from datetime import date
from typing import Any

from django import forms

from hubs.audit import SENTENCES

EARLIEST, LATEST = date(2000, 1, 1), date(9000, 1, 1)  # a day more must still be a date


class SignInFilterForm(forms.Form):
    person = forms.CharField(required=False, max_length=150, label="Person")
    failed = forms.BooleanField(required=False, label="Failed only")


class FilterForm(forms.Form):
    person = forms.CharField(required=False, max_length=150, label="Person")
    verb = forms.ChoiceField(
        required=False,
        label="What",
        choices=[("", "Everything"), *((verb, f"{said.rstrip(':')}") for verb, said in SENTENCES.items())],
    )
    since = forms.DateField(required=False, label="From", widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs={"type": "date"}))

    def _sane(self, name: str) -> Any:
        day = self.cleaned_data[name]
        if day and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError("Choose a day of this century.")
        return day

    def clean_since(self) -> Any:
        return self._sane("since")

    def clean_until(self) -> Any:
        return self._sane("until")

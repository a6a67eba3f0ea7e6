"""Period of the calendar, from the query string."""

from django import forms


class WindowForm(forms.Form):
    def __init__(self, data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        self.fields |= {name: forms.DateField(required=False) for name in ("from", "to")}

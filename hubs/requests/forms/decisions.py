"""The numbers that staff enter to approve a request with adjusted numbers."""

from collections.abc import Mapping, Sequence

from django import forms

from hubs.language import _
from hubs.requests.services.other_numbers import ENDS, Number

from .answer_field import Answer, is_number

PREFIX = "number"


def _help(one: Number) -> str:
    if one.path == ENDS and not one.asked:
        return _("None was requested. Enter a day to approve the hub until then.")
    if one.path == ENDS and not one.least:
        return _("Requested: {day}. You can set an earlier day.", day=one.asked)
    known = [_("Now: {number}.", number=one.least)] if one.least else []
    known.append(_("Requested: {number}.", number=one.asked or _("no limit")))
    if one.limit:
        known.append(_("Limit: {number}.", number=one.limit))
    return " ".join(known)


def _widget(one: Number) -> forms.Widget:
    if one.path == ENDS:
        return forms.DateInput(attrs={"type": "date"})
    if is_number(one.text):
        return forms.NumberInput(attrs={"min": "0", "step": "1" if one.field.kind == "int" else "any"})
    return forms.TextInput(attrs={"inputmode": "decimal"})


class NumbersForm(forms.Form):
    """The numbers of a request that can be lowered, each filled in with the requested value."""

    use_required_attribute = False

    def __init__(self, offered: Sequence[Number], data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, prefix=PREFIX, initial={one.path: one.text for one in offered})
        self.offered = offered
        for one in offered:
            field = Answer(one.field.words.label, _help(one), _widget(one))
            field.unit = one.field.words.unit
            self.fields[one.path] = field

    def chosen(self) -> dict[str, str]:
        """Return the texts that differ from the request, by path. Fields missing from the body are unchanged."""
        typed = {one: self.data.get(self.add_prefix(one.path), one.text) for one in self.offered}
        return {one.path: text for one, text in typed.items() if text.strip() != one.text}

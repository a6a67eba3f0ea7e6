"""What staff enter to decide on a request: a message, and the numbers to approve it with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django import forms

from hubs.errors import Invalid
from hubs.language import _, number
from hubs.limits.queries import limits
from hubs.models import ChangeRequest
from hubs.requests.services import other_numbers
from hubs.requests.services.other_numbers import ENDS, GUARANTEES, Number
from hubs.spec.diff import gib_text

from .answer_field import Answer, is_number
from .requests import ReasonForm

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


def message_form(data: Mapping[str, str] | None = None) -> ReasonForm:
    """Return the form of staff's message to the requester."""
    about = _("Required to request changes or reject. The requester receives it as written.")
    return ReasonForm(data, label=_("Message to the requester"), about=about)


class NumbersForm(forms.Form):
    """The numbers of a request that can be lowered, each filled in with the requested value."""

    use_required_attribute = False

    def __init__(self, offered: Sequence[Number], data: Mapping[str, str] | None = None) -> None:
        super().__init__(data, prefix=PREFIX, initial={one.path: one.text for one in offered})
        self.offered = [one for one in offered if one.path not in GUARANTEES.values()]  # these follow their limits
        for one in self.offered:
            field = Answer(one.field.words.label, _help(one), _widget(one))
            field.unit = one.field.words.unit
            self.fields[one.path] = field

    def chosen(self) -> dict[str, str]:
        """Return the texts that differ from the request, by path. Fields missing from the body are unchanged."""
        typed = {one: self.data.get(self.add_prefix(one.path), one.text) for one in self.offered}
        return {one.path: text for one, text in typed.items() if text.strip() != one.text}


@dataclass(frozen=True)
class Total:
    """The memory of all servers with adjusted numbers, in words. `over`: it is above the organisation's limit."""

    text: str
    over: bool = False


def total(request: ChangeRequest, numbers: NumbersForm, known: tuple[limits.Meter, ...] = ()) -> Total | None:
    """Return the total memory with these numbers; None if they are not valid, or if nothing can be adjusted. `known`:
    the meters of the request as it was sent."""
    spec = request.spec
    if spec is None or not spec.memory_mib or not numbers.offered:
        return None
    try:
        if typed := numbers.chosen():
            (spec, _differences), known = other_numbers.chosen(request, typed), ()
    except Invalid:
        return None
    meters = known or limits.meters(spec, request.organization, request.hub)
    [meter] = [one for one in meters if one.name == "total_memory_mib"]
    words = {
        "people": number(spec.seats), "memory": gib_text(spec.memory_mib),
        "total": gib_text(spec.seats * spec.memory_mib), "allocated": meter.total_text, "limit": meter.limit_text,
    }  # fmt: skip
    text = _("{people} × {memory} = {total}. With this request, {allocated} of {limit} are allocated.", **words)
    return Total(text, meter.over)

"""What a list may be narrowed to and how it is sorted, as parameters of its address. Each list says which it knows, and
its document is made from that; a name that it does not know is refused, so that a typing error narrows nothing by
silence."""

from typing import Any

from django import forms
from rest_framework import exceptions, serializers
from rest_framework.request import Request

from hubs.lists.filtering import ListFilters, Rows

PAGING = frozenset({"limit", "cursor"})


def word(**kwargs: Any) -> serializers.CharField:
    """A text; empty is as if not given."""
    return serializers.CharField(required=False, allow_blank=True, default="", max_length=100, **kwargs)


def some_of(choices: Any, **kwargs: Any) -> serializers.MultipleChoiceField:
    """One or more of these: `?status=ready&status=updating`."""
    return serializers.MultipleChoiceField(choices=choices, required=False, **kwargs)


def order(*names: str) -> serializers.ChoiceField:
    """The first is the usual one; a minus turns it round."""
    return serializers.ChoiceField(choices=names, required=False, default=names[0], help_text="Order")


def chosen(request: Request, shape: type[serializers.Serializer]) -> dict[str, Any]:
    """What the address asks for. Raises ValidationError by parameter."""
    given = shape(data=request.query_params)
    if unknown := set(request.query_params) - set(given.fields) - PAGING:
        known = ", ".join([*given.fields, *sorted(PAGING)])
        raise exceptions.ValidationError(
            {name: [f"There is no such parameter. There are: {known}."] for name in unknown}
        )
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def sorting(name: str, columns: dict[str, str]) -> tuple[str, str]:
    """The ordering that a page's cursor needs: by this column, and where that says the same, by the row's number."""
    minus = "-" if name.startswith("-") else ""
    return f"{minus}{columns[name.removeprefix('-')]}", f"{minus}pk"


def _parameter(field: forms.Field) -> serializers.Field:
    """What a page's field is for programs."""
    said: dict[str, Any] = {"help_text": str(field.help_text)} if field.help_text else {}
    choices: Any = getattr(field, "choices", ())
    if isinstance(field, forms.MultipleChoiceField):
        return some_of([value for value, _ in choices], **said)
    if isinstance(field, forms.ChoiceField):
        return serializers.ChoiceField([one for one in choices if one[0]], required=False, **said)
    if isinstance(field, forms.NullBooleanField):
        return serializers.BooleanField(required=False, default=False, **said)
    return word(**said)


def shape_of(listed: type[ListFilters], **more: serializers.Field) -> type[serializers.Serializer]:
    """The parameters of a list, made from its FilterSet; `more` are those that narrow nothing, such as the order."""
    fields = {name: _parameter(one.field) for name, one in listed.base_filters.items()}
    return type(f"{listed.__name__}Parameters", (serializers.Serializer,), {**fields, **more})


def narrowed(request: Request, listed: type[ListFilters], asked: dict[str, Any], rows: Rows) -> Rows:
    """The rows that fit what `chosen` has read, by the same filters as on the page."""
    return listed({}, request=request).narrow(rows, asked)

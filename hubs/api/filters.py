"""Filters and orders of lists as query parameters. Each list declares its parameters, and its documentation is made
from them; unknown names are refused, so that a typing error is not silently ignored."""

from typing import Any

from django import forms
from rest_framework import exceptions, serializers
from rest_framework.request import Request

from hubs.language import _
from hubs.lists.filtering import ListFilters, Rows

PAGING = frozenset({"limit", "cursor"})


def word(**kwargs: Any) -> serializers.CharField:
    """Return a text parameter. An empty value is ignored."""
    return serializers.CharField(required=False, allow_blank=True, default="", max_length=100, **kwargs)


def some_of(choices: Any, **kwargs: Any) -> serializers.MultipleChoiceField:
    """Return a parameter for one or more of these: `?status=ready&status=updating`."""
    return serializers.MultipleChoiceField(choices=choices, required=False, **kwargs)


def order(*names: str) -> serializers.ChoiceField:
    """Return the parameter for the order. The first name is the default; a minus reverses the order."""
    return serializers.ChoiceField(choices=names, required=False, default=names[0], help_text="Order")


def chosen(request: Request, shape: type[serializers.Serializer]) -> dict[str, Any]:
    """Return the query parameters. Raise ValidationError by parameter."""
    given = shape(data=request.query_params)
    if unknown := set(request.query_params) - set(given.fields) - PAGING:
        known = ", ".join([*given.fields, *sorted(PAGING)])
        sentence = _("Unknown parameter. Valid parameters are: {names}.", names=known)
        raise exceptions.ValidationError({name: [sentence] for name in unknown})
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def sorting(name: str, columns: dict[str, str]) -> tuple[str, str]:
    """Return the ordering for cursor pagination: by this column, then by primary key."""
    minus = "-" if name.startswith("-") else ""
    return f"{minus}{columns[name.removeprefix('-')]}", f"{minus}pk"


def _parameter(field: forms.Field) -> serializers.Field:
    """Return the API parameter for a form field."""
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
    """Return the parameters of a list, made from its FilterSet; `more` are parameters such as the order."""
    fields = {name: _parameter(one.field) for name, one in listed.base_filters.items()}
    return type(f"{listed.__name__}Parameters", (serializers.Serializer,), {**fields, **more})


def narrowed(request: Request, listed: type[ListFilters], asked: dict[str, Any], rows: Rows) -> Rows:
    """Return the rows that match what `chosen` has read, with the same filters as the page."""
    return listed({}, request=request).narrow(rows, asked)

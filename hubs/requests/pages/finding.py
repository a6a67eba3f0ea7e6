"""The search in the settings of a request's form."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from hubs.models import ChangeRequest
from hubs.requests.forms.asked import Asked
from hubs.requests.forms.forecast import Forecast
from hubs.spec import FIELDS, STEPS
from hubs.spec.finding import find
from hubs.spec.honoured import answers_here

LONGEST = 100  # characters of a search
TITLES = {step.name: step.title for step in STEPS}


def address(row: ChangeRequest, step: str, field: str = "") -> str:
    """Return the address of a step of the form, or of one of its fields by path."""
    page = reverse("request-edit", args=[row.uid, step])
    return f"{page}?{urlencode({'field': field})}#id_{field}" if field in FIELDS else page


def found(row: ChangeRequest, forecast: Forecast, asked: Asked, query: str) -> dict[str, Any]:
    """Return the context of the search: the fields of this form that have every word, each with its address. A field
    that another answer makes unnecessary leads to the field with that answer."""
    rows = []
    query = query.strip()[:LONGEST]
    for field in find(query, forecast.spec):
        above = field.condition(forecast.spec)
        shown = above or field
        if shown.path in asked.out or not answers_here(field, row.place.can):
            continue
        rows.append({
            "field": field,
            "only": field.only_if(forecast.spec),
            "step": TITLES[field.words.step],
            "href": address(row, shown.words.step, shown.path),
        })  # fmt: skip
    return {"find": query, "found": rows}

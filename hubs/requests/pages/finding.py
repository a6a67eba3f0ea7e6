"""The search in the settings of a request's form."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from hubs.models import ChangeRequest
from hubs.requests.forms.asked import Asked
from hubs.requests.forms.forecast import Forecast
from hubs.spec import FIELDS
from hubs.spec.finding import LONGEST, settings


def address(row: ChangeRequest, step: str, field: str = "") -> str:
    """Return the address of a step of the form, or of one of its fields by path."""
    page = reverse("request-edit", args=[row.uid, step])
    return f"{page}?{urlencode({'field': field})}#id_{field}" if field in FIELDS else page


def found(row: ChangeRequest, forecast: Forecast, asked: Asked, query: str) -> dict[str, Any]:
    """Return the context of the search: the fields of this form that have every word, each with its address. A field
    that another answer makes unnecessary leads to the field with that answer."""
    query = query.strip()[:LONGEST]
    rows = [
        {"setting": one, "href": address(row, one.shown.words.step, one.shown.path)}
        for one in settings(query, forecast.spec, row.place.can)
        if one.shown.path not in asked.out
    ]
    return {"find": query, "found": rows}

"""Programs: a person's token, and calls of the API with it."""

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from hubs.accounts.services import tokens
from hubs.models import Scope, User

Call = Callable[..., Any]


def caller(person: User, *scopes: str, **place: Any) -> Call:
    """Return `call("PUT", "organizations/river/limits/", {...}, If_Match="...")`, which sends a token of this person.
    Without `scopes` the token has every scope that they may have. Paths are below /api/v1/, or whole addresses."""
    may = [scope for scope in Scope.values if person.is_staff or scope != Scope.APPROVE]
    _, text = tokens.create(
        person=person, by=person, name=f"test-{person.tokens.count()}", scopes=scopes or may, days=3, **place
    )
    client = Client()

    def call(method: str, path: str, body: Any = None, **headers: str) -> Any:
        told = {"Authorization": f"Bearer {text}", **{name.replace("_", "-"): value for name, value in headers.items()}}
        data = "" if body is None else json.dumps(body)
        where = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        return client.generic(method, where, data, "application/json", headers=told)

    return call


def errors(answer: Any, status: int = 422) -> dict[str, list[str]]:
    """Return a problem document's sentences by field, or {"": detail} when it names no field."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    told: dict[str, Any] = json.loads(answer.content)
    assert told["status"] == status
    return dict(told.get("errors") or {"": [told["detail"]]})

"""The page that shows every endpoint and allows trying it, made from the OpenAPI document."""

import json
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from hubs.api.describing import SCOPE
from hubs.api.problems import KINDS
from hubs.api.schema import made

EXAMPLES = {"date": "2027-02-01", "date-time": "2027-02-01T09:00:00Z", "email": "kim@example.edu", "time": "20:00"}


@login_not_required
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show every endpoint with its parameters and responses. Signed-in people can try it with their own rights."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in made()["paths"].items():
        name = path.removeprefix("/api/v1/").split("/")[0].replace("-", " ")
        for method, operation in operations.items():
            groups.setdefault(name, []).append({"path": path, "method": method.upper(), **_shown(operation)})
    count = sum(map(len, groups.values()))
    return render(request, "api/docs.html", {"groups": sorted(groups.items()), "kinds": KINDS.values(), "count": count})


def _shown(operation: dict[str, Any]) -> dict[str, Any]:
    """Return what the page shows of one endpoint."""
    answers = [(status, answer) for status, answer in operation["responses"].items() if status < "300"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    return {
        "id": operation["operationId"],
        "about": operation.get("description", ""),
        "scope": operation.get(SCOPE, ""),
        "parameters": [
            {**one, "where": one["in"], "description": _words(one), "values": one["schema"].get("enum", [])}
            for one in operation.get("parameters", [])
        ],
        "body": _fields(body or {}),
        "example": json.dumps(_example(body), indent=2, ensure_ascii=False) if body else "",
        "answers": [(status, _fields(_schema_of(answer))) for status, answer in answers],
    }


def _words(schema: dict[str, Any]) -> str:
    """Return the description without the list of values, which is shown separately."""
    text: str = schema.get("description", "").partition("* `")[0]
    return text.strip()


def _schema_of(answer: dict[str, Any]) -> dict[str, Any]:
    return next((kind.get("schema", {}) for kind in answer.get("content", {}).values()), {})


def _fields(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return name, type and description of each field; for a list or a page, those of its rows."""
    found = _resolved(schema)
    if "results" in found.get("properties", {}):
        found = _resolved(found["properties"]["results"])
    if found.get("type") == "array":
        found = _resolved(found["items"])
    needed = set(found.get("required", []))
    return [
        {"name": name, "type": _type(one), "needed": name in needed, "about": _words(one)}
        for name, one in found.get("properties", {}).items()
    ]


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        return dict(made()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    return schema


def _type(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "object")
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    return f"{words} ({schema['format']})" if "format" in schema else words


def _example(schema: dict[str, Any]) -> Any:
    """Return an example body with the required fields, each with a value of its type."""
    found = _resolved(schema)
    if "default" in found:
        return found["default"]
    for several in ("allOf", "oneOf", "anyOf"):
        if several in found:
            return _example(found[several][0])
    if "enum" in found:
        return found["enum"][0]
    kind = found.get("type", "object")
    match kind[0] if isinstance(kind, list) else kind:
        case "object":
            given = found.get("properties", {})
            return {name: _example(given[name]) for name in found.get("required", []) if name in given}
        case "array":
            return [_example(found["items"])] if found.get("minItems") else []
        case "integer" | "number":
            return found.get("minimum", 1)
        case "boolean":
            return False
    return EXAMPLES.get(found.get("format", ""), "…")

"""The OpenAPI document of the API, and a page for each type of problem."""

from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator

from hubs.api.base import KEY
from hubs.api.problems import KINDS
from hubs.language import speaking
from hubs.spec import HubSpec

MANY = {400: "unreadable", 401: "sign-in", 403: "not-allowed", 404: "not-found", 406: "not-acceptable",
        429: "too-many"}  # fmt: skip
WRITES = {409: "conflict", 412: "stale", 413: "too-large", 415: "media-type", 422: "invalid", 428: "unconditional",
          503: "unavailable"}  # fmt: skip
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "current": {"type": "string", "description": "With 412: the current ETag"},
        "changed": {
            "type": "array",
            "description": "With 412: what differs from what you read, if known",
            "items": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    },
}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "hubs.api.signing_in.ByToken"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A token, `hubp_…`, created in your profile."}


def only_ours(endpoints: list[Any]) -> list[Any]:
    """drf-spectacular's hook: include only endpoints of the API."""
    return [one for one in endpoints if one[0].startswith("/api/v1/")]


def complete(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """drf-spectacular's hook: add what is the same for every endpoint."""
    components = result["components"]
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {
        slug: {
            "description": f"{kind.title}. {kind.about}",
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for slug, kind in KINDS.items()
    }
    for operations in result["paths"].values():
        for method, operation in operations.items():
            _describe(method, operation)
    return result


def _describe(method: str, operation: dict[str, Any]) -> None:
    asks = [one for one in operation.get("parameters", []) if one["in"] == "query"]
    told = {**MANY, **(WRITES if method != "get" else {503: "unavailable"} | ({422: "invalid"} if asks else {}))}
    for status, slug in told.items():
        operation["responses"].setdefault(str(status), {"$ref": f"#/components/responses/{slug}"})
    if method == "post" and "201" in operation["responses"]:
        text = {"type": "string", "maxLength": 100}
        operation.setdefault("parameters", []).append({"in": "header", "name": KEY, "schema": text})
    if method in ("put", "patch"):
        tag = {"in": "header", "name": "If-Match", "schema": {"type": "string"}}
        operation.setdefault("parameters", []).append(tag)


@cache
def made() -> dict[str, Any]:
    """Return the whole document, in English for everyone."""
    with speaking("en"):
        document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
        spec = HubSpec.model_json_schema(ref_template="#/components/schemas/HubSpec/$defs/{model}")
    document["components"]["schemas"]["HubSpec"] = spec
    return document


@login_not_required
@require_safe
def document(request: HttpRequest) -> JsonResponse:
    return JsonResponse(made())


@login_not_required
@require_safe
def problem(request: HttpRequest, slug: str) -> HttpResponse:
    """Explain a type of problem, and what to do."""
    if slug not in KINDS:
        raise Http404
    return render(request, "api/problem.html", {"kind": KINDS[slug]})

"""Errors as problem documents (RFC 9457): {type, title, status, detail, errors: {path: [sentence]}}."""

import json
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.parsers import JSONParser
from rest_framework.response import Response

from hubs.errors import Conflict, DomainError, Invalid, NotAllowed

TITLES = {
    400: "That request can't be read",
    401: "Sign in first",
    403: "You may not do that",
    404: "Nothing here",
    405: "That can't be done here",
    406: "We only speak JSON",
    409: "Somebody was faster",
    413: "That is too large",
    415: "Send JSON",
    422: "Some answers need another look",
}


class CleanJSONParser(JSONParser):
    """JSON without what no database can keep, and not nested so deeply that reading it fails."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
            text = json.dumps(data, ensure_ascii=False)
            text.encode()  # a lone surrogate is no text
        except RecursionError:
            raise exceptions.ParseError("This is nested too deeply.") from None
        except UnicodeEncodeError:
            raise exceptions.ParseError("This has half of a character (a lone surrogate).") from None
        if "\\u0000" in text:
            raise exceptions.ParseError("This has a null character.")
        return data


def problem(status: int, detail: str, errors: dict[str, list[str]] | None = None) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail}
    if errors:
        body["errors"] = errors
    return Response(body, status=status, content_type="application/problem+json")


def _of_domain(error: DomainError) -> Response:
    if isinstance(error, Invalid):
        return problem(422, error.message, error.errors)
    if isinstance(error, Conflict):
        return problem(409, error.message)
    return problem(403 if isinstance(error, NotAllowed) else 400, error.message)


def _by_path(detail: Any, path: str = "") -> dict[str, list[str]]:
    """A serializer's nested complaints by dotted path."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            place = "" if name == "non_field_errors" else str(name)
            found.update(_by_path(inner, ".".join(part for part in (path, place) if part)))
        return found
    return {path: [str(sentence) for sentence in detail]}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler for every endpoint here. None for what nobody foresaw: a 500."""
    if isinstance(error, DomainError):
        return _of_domain(error)
    if isinstance(error, Http404):
        return problem(404, "There is no such thing, or it is not shown to you.")
    if isinstance(error, PermissionDenied):
        return problem(403, str(error) or "Your role does not allow it.")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "Send less than a mebibyte at once.")
    if isinstance(error, exceptions.ValidationError):
        return problem(422, TITLES[422] + ".", _by_path(error.detail))
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return problem(401, "Sign in first.")
    if isinstance(error, exceptions.APIException):
        answer = problem(error.status_code, str(error.detail))
        if error.status_code == 405:
            answer["Allow"] = ", ".join(context["view"].allowed_methods)
        return answer
    return None

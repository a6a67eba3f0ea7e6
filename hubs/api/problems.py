"""Errors as problem documents (RFC 9457): {type, title, status, detail, errors: {path: [sentence]}}. `type` is the
address of a page that explains the problem, and never changes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions
from rest_framework.parsers import JSONParser
from rest_framework.response import Response

from hubs.api.signing_in import WHO
from hubs.database import BUSY, RETRY_AFTER, busy
from hubs.errors import Conflict, DomainError, Invalid, NotAllowed, TooMany, Unavailable
from hubs.language import _, lazy
from hubs.spec.yaml_text import DEEPEST, too_deep


@dataclass(frozen=True)
class Kind:
    slug: str
    status: int
    title: str
    about: str  # what to do, shown on its page


KINDS = {
    kind.slug: kind
    for kind in (
        Kind("unreadable", 400, lazy("The request can’t be read"), lazy("The body is not valid. Send valid JSON.")),
        Kind("sign-in", 401, lazy("Sign-in required"), lazy("Send “Authorization: Bearer” with a valid token.")),
        Kind("not-allowed", 403, lazy("Permission denied"),
             lazy("Your role does not allow this. Contact an owner or admin of the organisation.")),
        Kind("scope", 403, lazy("Missing scope"),
             lazy("Your role may allow this, but the token does not have the required scope. "
                  "Create a token that has it.")),
        Kind("not-found", 404, lazy("Not found"), lazy("It does not exist, or you don’t have access to it.")),
        Kind("method", 405, lazy("Method not allowed"), lazy("The Allow header lists the allowed methods.")),
        Kind("not-acceptable", 406, lazy("Only JSON is available"), lazy("Accept application/json.")),
        Kind("conflict", 409, lazy("Conflict with another change"),
             lazy("The object has changed. Read it again, then decide.")),
        Kind("in-progress", 409, lazy("The first request is still in progress"),
             lazy("A request with this Idempotency-Key is being processed. Try again in a moment.")),
        Kind("stale", 412, lazy("It has changed since you read it"),
             lazy("The ETag in If-Match is outdated. “current” is the new one, “changed” is what differs, if known.")),
        Kind("too-large", 413, lazy("The request is too large"), lazy("Send less than 1 MiB per request.")),
        Kind("media-type", 415, lazy("Unsupported media type"),
             lazy("Content-Type must be application/json, unless the endpoint accepts other types.")),
        Kind("invalid", 422, lazy("Some fields have errors"), lazy("“errors” has messages by field.")),
        Kind("unconditional", 428, lazy("If-Match required"),
             lazy("Two people may change this at the same time. Send If-Match with the ETag of what you read.")),
        Kind("too-many", 429, lazy("Too many requests"), lazy("Retry-After is the number of seconds to wait.")),
        Kind("broken", 500, lazy("Internal error"), lazy("The error was logged. Try again in a minute.")),
        Kind("unavailable", 503, lazy("Not available at the moment"),
             lazy("A hub, a cluster or the database is unavailable or busy. "
                  "Retry-After is the number of seconds to wait.")),
    )
}  # fmt: skip
BY_STATUS = {kind.status: kind.slug for kind in reversed(KINDS.values()) if kind.slug != "in-progress"}
BY_STATUS[403] = "not-allowed"


class ScopeMissing(exceptions.APIException):
    status_code = 403

    def __init__(self, need: str) -> None:
        super().__init__(_("This needs a token with the scope “{scope}”.", scope=need))


class Stale(exceptions.APIException):
    status_code = 412
    default_detail = lazy("It has changed since you read it. Read it again.")

    def __init__(self, current: str, changed: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__()
        self.told = {"current": current, "changed": list(changed)}


class Unconditional(exceptions.APIException):
    status_code = 428
    default_detail = lazy("Send If-Match with the ETag of what you read.")


class StillWorking(exceptions.APIException):
    status_code = 409
    default_detail = lazy("A request with this Idempotency-Key is being processed.")


SLUGS = {ScopeMissing: "scope", StillWorking: "in-progress"}


class CleanJSONParser(JSONParser):
    """A JSON parser that refuses what databases can't store, and what is nested too deeply to read or write."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
            if too_deep(data):
                raise RecursionError
            text = json.dumps(data, ensure_ascii=False, allow_nan=False)
            text.encode()  # a lone surrogate can't be encoded
        except RecursionError:
            told = _("The body is nested too deeply (more than {number} levels).", number=DEEPEST)
            raise exceptions.ParseError(told) from None
        except UnicodeEncodeError:  # before ValueError, its base class
            raise exceptions.ParseError(_("The body contains an invalid character (a lone surrogate).")) from None
        except ValueError:  # 1e999 is read as infinity
            raise exceptions.ParseError(_("The body contains a number that is too large.")) from None
        if "\\u0000" in text:
            raise exceptions.ParseError(_("The body contains a null character."))
        return data


def problem(
    status: int,
    detail: str,
    errors: dict[str, list[str]] | None = None,
    slug: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    kind = KINDS[slug or BY_STATUS[status]]
    body: dict[str, Any] = {
        "type": f"{settings.PORTAL_URL}/problems/{kind.slug}/",
        "title": str(kind.title),
        "status": status,
        "detail": str(detail),
    }
    if errors:
        body["errors"] = errors
    return Response(body, status=status, content_type="application/problem+json", headers=headers)


def _of_domain(error: DomainError) -> Response:
    if isinstance(error, Invalid):
        return problem(422, error.message, error.errors)
    if isinstance(error, Conflict):
        return problem(409, error.message)
    if isinstance(error, TooMany):
        return problem(429, error.message, headers={"Retry-After": str(error.seconds)})
    if isinstance(error, Unavailable):
        return problem(503, error.message, headers={"Retry-After": "10"})
    return problem(403 if isinstance(error, NotAllowed) else 400, error.message)


def _by_path(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Return a serializer's nested errors by dotted path."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            place = "" if name == "non_field_errors" else str(name)
            found.update(_by_path(inner, ".".join(part for part in (path, place) if part)))
        return found
    if isinstance(detail, list) and any(isinstance(one, dict) for one in detail):
        found = {}
        for number, inner in enumerate(detail):
            found.update(_by_path(inner, f"{path}.{number}" if path else str(number)) if inner else {})
        return found
    return {path: [str(sentence) for sentence in detail]}


def _of_framework(error: exceptions.APIException, context: dict[str, Any]) -> Response:
    if isinstance(error, exceptions.ValidationError):
        return problem(422, _("Some fields have errors."), _by_path(error.detail))
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return problem(401, _("Sign in first."), headers={"WWW-Authenticate": WHO})
    answer = problem(error.status_code, str(error.detail), slug=SLUGS.get(type(error), ""))
    if isinstance(error, exceptions.Throttled):
        answer["Retry-After"] = str(int(getattr(error, "wait", None) or 1))
    if isinstance(error, Stale):
        answer.data |= error.told
    if error.status_code == 405:
        answer["Allow"] = ", ".join(context["view"].allowed_methods)
    return answer


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler for all endpoints. Return None for unexpected errors, which become a 500."""
    if busy(error):
        return problem(503, BUSY, headers={"Retry-After": str(RETRY_AFTER)})
    if isinstance(error, DomainError):
        return _of_domain(error)
    if isinstance(error, Http404):
        return problem(404, _("It does not exist, or you don’t have access to it."))
    if isinstance(error, PermissionDenied):
        return problem(403, str(error) or _("Your role does not allow it."))
    if isinstance(error, RequestDataTooBig):
        return problem(413, _("Send less than 1 MiB per request."))
    return _of_framework(error, context) if isinstance(error, exceptions.APIException) else None

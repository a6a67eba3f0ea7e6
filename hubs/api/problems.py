"""Errors as problem documents (RFC 9457): {type, title, status, detail, errors: {path: [sentence]}}. `type` is the
address of a page that explains it, and never changes."""

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
from hubs.spec.yaml_text import DEEPEST, too_deep


@dataclass(frozen=True)
class Kind:
    slug: str
    status: int
    title: str
    about: str  # what to do, on its page


KINDS = {
    kind.slug: kind
    for kind in (
        Kind("unreadable", 400, "That request can’t be read", "The body is not what it says it is. Send valid JSON."),
        Kind("sign-in", 401, "Sign in first", "Send “Authorization: Bearer” with a token that is not revoked or over."),
        Kind("not-allowed", 403, "You may not do that", "Your role does not allow it. Ask whoever runs the place."),
        Kind("scope", 403, "The token may not do that",
             "Your role may allow it, but the token was made without the scope that this needs. Make another one."),
        Kind("not-found", 404, "Nothing here", "There is no such thing, or it is not shown to you."),
        Kind("method", 405, "That can’t be done here", "The Allow header names what can."),
        Kind("not-acceptable", 406, "We only speak JSON", "Accept application/json."),
        Kind("conflict", 409, "Somebody was faster", "It is no longer as it was. Read it again, then decide."),
        Kind("in-progress", 409, "The first try still goes on",
             "A request with this Idempotency-Key is being worked on. Ask again in a moment."),
        Kind("stale", 412, "It has changed since you read it",
             "The ETag in If-Match is an old one. “current” is the new one, “changed” what differs, where we know."),
        Kind("too-large", 413, "That is too large", "Send less than a mebibyte at once."),
        Kind("media-type", 415, "Send JSON", "Content-Type must be application/json, unless the endpoint says more."),
        Kind("invalid", 422, "Some answers need another look", "“errors” has sentences by field."),
        Kind("unconditional", 428, "Say what you have read",
             "Two people may change this at once. Send If-Match with the ETag of what you read."),
        Kind("too-many", 429, "Too many requests", "Retry-After says after how many seconds to come back."),
        Kind("broken", 500, "Something broke on our side", "It is written down. Try again in a minute."),
        Kind("unavailable", 503, "Nobody answers there now",
             "A hub, a cluster or the database is away or busy. Retry-After says after how many seconds to try again."),
    )
}  # fmt: skip
BY_STATUS = {kind.status: kind.slug for kind in reversed(KINDS.values()) if kind.slug != "in-progress"}
BY_STATUS[403] = "not-allowed"


class ScopeMissing(exceptions.APIException):
    status_code = 403

    def __init__(self, need: str) -> None:
        super().__init__(f"This needs a token with the scope “{need}”.")


class Stale(exceptions.APIException):
    status_code = 412
    default_detail = "It has changed since you read it. Read it again."

    def __init__(self, current: str, changed: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__()
        self.told = {"current": current, "changed": list(changed)}


class Unconditional(exceptions.APIException):
    status_code = 428
    default_detail = "Send If-Match with the ETag of what you read."


class StillWorking(exceptions.APIException):
    status_code = 409
    default_detail = "A request with this Idempotency-Key is being worked on."


SLUGS = {ScopeMissing: "scope", StillWorking: "in-progress"}


class CleanJSONParser(JSONParser):
    """JSON without what no database can keep, and not nested so deeply that reading or writing it fails."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
            if too_deep(data):
                raise RecursionError
            text = json.dumps(data, ensure_ascii=False, allow_nan=False)
            text.encode()  # a lone surrogate is no text
        except RecursionError:
            raise exceptions.ParseError(f"This is nested too deeply: at most {DEEPEST} levels.") from None
        except UnicodeEncodeError:  # before ValueError, which it is
            raise exceptions.ParseError("This has half of a character (a lone surrogate).") from None
        except ValueError:  # 1e999 is read as infinity
            raise exceptions.ParseError("This has a number that is too large.") from None
        if "\\u0000" in text:
            raise exceptions.ParseError("This has a null character.")
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
        "title": kind.title,
        "status": status,
        "detail": detail,
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
    """A serializer's nested complaints by dotted path."""
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
        return problem(422, f"{KINDS['invalid'].title}.", _by_path(error.detail))
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return problem(401, "Sign in first.", headers={"WWW-Authenticate": WHO})
    answer = problem(error.status_code, str(error.detail), slug=SLUGS.get(type(error), ""))
    if isinstance(error, exceptions.Throttled):
        answer["Retry-After"] = str(int(getattr(error, "wait", None) or 1))
    if isinstance(error, Stale):
        answer.data |= error.told
    if error.status_code == 405:
        answer["Allow"] = ", ".join(context["view"].allowed_methods)
    return answer


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler for every endpoint here. None for what nobody foresaw: a 500."""
    if busy(error):
        return problem(503, BUSY, headers={"Retry-After": str(RETRY_AFTER)})
    if isinstance(error, DomainError):
        return _of_domain(error)
    if isinstance(error, Http404):
        return problem(404, "There is no such thing, or it is not shown to you.")
    if isinstance(error, PermissionDenied):
        return problem(403, str(error) or "Your role does not allow it.")
    if isinstance(error, RequestDataTooBig):
        return problem(413, "Send less than a mebibyte at once.")
    return _of_framework(error, context) if isinstance(error, exceptions.APIException) else None

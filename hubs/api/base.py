"""What all endpoints share: scopes, pagination, rate limits, ETags, and idempotency keys."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from hubs import request_context
from hubs.api import problems
from hubs.language import _
from hubs.live import rate_limit
from hubs.live.places import one_caller
from hubs.models import Scope, StoredAnswer, User

MINUTE = 60  # seconds
KEY = "Idempotency-Key"


class SignedIn(Request):
    """The request of endpoints that require sign-in: for the type checker only."""

    user: User


class Pages(CursorPagination):
    """`?limit=` rows, and a `next` link that stays correct while rows are added and removed. Invalid limits are
    ignored."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = ("-pk",)

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.get_next_link(), "previous": self.get_previous_link()})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["results", "next", "previous"],
            "properties": {"results": schema, "next": link, "previous": link},
        }


def nothing(tag: str) -> Sequence[Mapping[str, str]]:
    """Return no changes: the default when it is unknown what changed since an ETag."""
    return ()


class Endpoint(APIView):
    """Methods are declared with `does`. `scopes` are the scopes that they require of a token: a method without one
    refuses all tokens. Sessions are limited only by the person's role, which each view checks with `access`."""

    parser_classes: list[type[BaseParser]] = [problems.CleanJSONParser]
    pagination_class = Pages
    scopes: ClassVar[Mapping[str, Scope]] = {}
    serializer_class: type[serializers.BaseSerializer] | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        found: dict[str, Any] = {name.upper(): getattr(cls, name, None) for name in cls.http_method_names}
        methods = {name: method for name, method in found.items() if hasattr(method, "scope")}
        cls.scopes = {name: method.scope for name, method in methods.items()}
        if methods and not any(method.paged for method in methods.values()):
            cls.pagination_class = None  # type: ignore[assignment]  # so that its documentation has no pagination

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return problems.handle

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        token = request.user.token if isinstance(request.user, User) else None
        method = "GET" if request.method == "HEAD" else request.method or ""
        if token and method in self.allowed_methods:
            need = self.scopes.get(method)
            if need is None or need not in token.scopes:
                raise problems.ScopeMissing(need or "a browser")
        self._slow_down(request)

    def _slow_down(self, request: Request) -> None:
        most = settings.API_CALLS_A_MINUTE
        self.left = rate_limit.left("api", _caller(request), most=most, seconds=MINUTE)
        if self.left.calls < 0:
            raise exceptions.Throttled(wait=self.left.seconds)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        if left := getattr(self, "left", None):  # draft-ietf-httpapi-ratelimit-headers
            most = settings.API_CALLS_A_MINUTE
            found["RateLimit-Policy"] = f'"minute";q={most};w={MINUTE}'
            found["RateLimit"] = f'"minute";r={max(0, left.calls)};t={left.seconds}'
        found.setdefault("Cache-Control", "private, no-store")
        return found

    # --- responses ----------------------------------------------------------------------------------------------------
    def paginated(
        self, rows: models.QuerySet[Any], shape: type[serializers.BaseSerializer], *ordering: str
    ) -> Response:
        """Return a page of rows. The last column of `ordering` must be unique."""
        pages = self.pagination_class()
        if ordering:
            pages.ordering = ordering  # type: ignore[assignment]
        found = pages.paginate_queryset(rows, self.request, view=self) or []
        return pages.get_paginated_response(shape(found, many=True, context={"request": self.request}).data)

    def one(self, row: Any, shape: type[serializers.BaseSerializer], *, status: int = 200, tag: str = "") -> Response:
        """Return one row, with its ETag if it has one."""
        response = Response(shape(row, context={"request": self.request}).data, status=status)
        if tag:
            response["ETag"] = quoted(tag)
        return response

    # --- requests -----------------------------------------------------------------------------------------------------
    def read(self, shape: type[serializers.Serializer]) -> dict[str, Any]:
        """Return the body, parsed by this serializer. Raise ValidationError by field, also for unknown fields."""
        given = shape(data=self.request.data, context={"request": self.request})
        if isinstance(self.request.data, dict) and (unknown := set(self.request.data) - set(given.fields)):
            raise exceptions.ValidationError({name: [_("There is no such field.")] for name in sorted(unknown)})
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    def check_match(
        self, tag: str, *, needed: bool = True, changed: Callable[[str], Sequence[Mapping[str, str]]] = nothing
    ) -> None:
        """Check the If-Match header. Raise Stale (412) with what `changed` returns for the tag that was sent, or
        Unconditional (428) if the header is missing and `needed`."""
        given = self.request.headers.get("If-Match", "")
        if not given:
            if needed:
                raise problems.Unconditional
            return
        told = [one.strip().removeprefix("W/") for one in given.split(",")]
        if "*" not in told and quoted(tag) not in told:
            raise problems.Stale(quoted(tag), changed(told[0].strip('"')))


def _caller(request: Request) -> str:
    """Return the key under which the caller's requests are counted."""
    if not isinstance(request.user, User):
        return f"address {one_caller(request_context.origin.get().address)}"
    return f"token {request.user.token.pk}" if request.user.token else f"person {request.user.pk}"


def quoted(tag: str) -> str:
    return f'"{tag}"'


def tag_of(*parts: Any) -> str:
    """Return an ETag that changes when one of the parts does."""
    return hashlib.sha256(json.dumps(parts, cls=JSONEncoder, sort_keys=True).encode()).hexdigest()[:20]


Post = Callable[..., Response]
Shape = type[serializers.BaseSerializer]


def does(
    scope: Scope, *, reads: Any = None, gives: Any = None, makes: Any = None, lists: Shape | None = None,
    pages: Shape | None = None, order: Sequence[str] = (), tag: Callable[[Any], str] | None = None, **said: Any,
) -> Callable[[Callable[..., Any]], Post]:  # fmt: skip
    """Declare a method of an endpoint, for its callers and for the OpenAPI document: the scope that a token needs, the
    shape of the body that it `reads`, and of the response. It `gives` one row, `makes` one (201, `once`), `lists` rows,
    or returns `pages` of them (in this `order`); 204 otherwise. The method returns the rows, or the response itself.
    `tag` returns a row's ETag. `said` is passed to drf-spectacular."""

    def shaped(view: Endpoint, found: Any) -> Any:
        if isinstance(found, HttpResponseBase):
            return found
        if pages:
            return view.paginated(found, pages, *order)
        if lists:
            return Response(lists(found, many=True, context={"request": view.request}).data)
        if not (gives or makes):
            return Response(status=204)
        return view.one(found, gives or makes, status=201 if makes else 200, tag=tag(found) if tag else "")

    def declared(method: Callable[..., Any]) -> Post:
        @wraps(method)
        def answered(view: Endpoint, request: SignedIn, *args: Any, **kwargs: Any) -> Any:
            return shaped(view, method(view, request, *args, **kwargs))

        found: Any = once(answered) if makes else answered
        found.scope, found.paged = scope, pages is not None
        many = lists or pages
        responses = many(many=True) if many else gives or ({201: makes} if makes else {204: None})
        return cast(Post, extend_schema(request=reads, responses=responses, **said)(found))

    return declared


def once(post: Post) -> Post:
    """Make a POST idempotent: with the same Idempotency-Key and the same body it returns the first response (without
    what is shown once) and does nothing; with a different body it is refused. Failures are not stored, so they can be
    retried."""

    @wraps(post)
    def wrapped(view: Endpoint, request: SignedIn, *args: Any, **kwargs: Any) -> Response:
        key = request.headers.get(KEY, "")
        if not key:
            with transaction.atomic():  # all or nothing, with and without a key
                return post(view, request, *args, **kwargs)
        if len(key) > 100 or not key.isprintable():
            raise exceptions.ValidationError({KEY: [_("Use at most 100 printable characters.")]})
        body = json.dumps(request.data, sort_keys=True, cls=JSONEncoder)
        token = request.user.token  # a token for another hub or organisation must not read this response
        place = (token.organization_id, token.hub_id) if token else None
        asked = salted_hmac(KEY, f"{request.path}\n{place}\n{body}", algorithm="sha256").hexdigest()  # may hold secrets
        with transaction.atomic():
            if known := _known(request.user, key, asked):
                return known
            answer = post(view, request, *args, **kwargs)
            if answer.status_code < 400:
                shown = json.loads(JSONRenderer().render(answer.data))
                headers = {name: answer[name] for name in ("ETag", "Location") if name in answer}
                StoredAnswer.objects.filter(person=request.user, key=key).update(
                    status=answer.status_code, body=_without_secrets(shown), headers=headers
                )
            else:
                transaction.set_rollback(True)
            return answer

    wrapped.replays = True  # type: ignore[attr-defined]
    return wrapped


SHOWN_ONCE = ("token", "secret", "link")  # fields, as their help texts say; null in a replayed response


def _without_secrets(shown: Any) -> Any:
    """Return the response without fields that are shown once."""
    if isinstance(shown, dict):
        return {name: None if name in SHOWN_ONCE else _without_secrets(value) for name, value in shown.items()}
    return [_without_secrets(one) for one in shown] if isinstance(shown, list) else shown


def _known(person: User, key: str, asked: str) -> Response | None:
    """Return the stored response. If there is none, create the row, locked until the transaction ends."""
    try:
        with transaction.atomic():
            StoredAnswer.objects.create(person=person, key=key, asked=asked, at=timezone.now())
    except IntegrityError:
        row = StoredAnswer.objects.filter(person=person, key=key).first()
        if row is None or not row.status:
            raise problems.StillWorking from None
        if row.asked != asked:
            raise exceptions.ValidationError({KEY: [_("This key was already used for a different request.")]}) from None
        return Response(row.body, status=row.status, headers={**row.headers, "Idempotency-Replayed": "true"})
    return None

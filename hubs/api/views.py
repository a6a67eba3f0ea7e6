"""The same by program: serializer, access, service. A session signs in, so writes need the CSRF token."""

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hubs import access
from hubs.api import problems
from hubs.api.serializers import NewRequest, hub_data, request_data
from hubs.errors import Invalid
from hubs.models import ChangeRequest, Hub, User
from hubs.services.asking import ask
from hubs.spec import HubSpec, SpecError
from hubs.spec.draft import parse


class SignedIn(Request):
    """What endpoints behind the sign-in get: for the type checker only."""

    user: User


class Pages(LimitOffsetPagination):
    default_limit = 25
    max_limit = 100


class Endpoint(APIView):
    parser_classes = [problems.CleanJSONParser]

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return problems.handle

    def paginated(self, rows: QuerySet[Any], show: Callable[..., dict[str, Any]]) -> Response:
        pages = Pages()
        found = pages.paginate_queryset(rows, self.request, view=self) or []
        return pages.get_paginated_response([show(row, self.request, whole=False) for row in found])


class Hubs(Endpoint):
    def get(self, request: SignedIn) -> Response:
        """Hubs that one may see, newest first."""
        rows = Hub.objects.all().visible_to(request.user).select_related("organization")
        return self.paginated(rows.order_by("-created_at", "-pk"), hub_data)


class OneHub(Endpoint):
    def get(self, request: SignedIn, uid: str) -> Response:
        """Status, conditions, address, generations and spec."""
        return Response(hub_data(access.hub(request.user, uid), request, whole=True))


class Requests(Endpoint):
    def get(self, request: SignedIn) -> Response:
        """Requests that one may see, newest first."""
        rows = ChangeRequest.objects.all().visible_to(request.user).select_related("organization", "requester", "hub")
        return self.paginated(rows.order_by("-created_at", "-pk"), request_data)

    def post(self, request: SignedIn) -> Response:
        """Ask for a hub and send it. 201 when it is new, 200 when this uid has been sent before."""
        asked = NewRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        place = access.organization(request.user, data["organization"], access.Permission.REQUEST)
        row, new = ask(
            organization=place,
            by=request.user,
            starting_point=data["startingPoint"],
            slug=data["slug"],
            spec=self._spec(data["spec"]),
            reason=data["reason"],
            uid=data.get("uid"),
        )
        body = request_data(access.request(request.user, row.uid), request, whole=True)
        return Response(body, status=201 if new else 200)

    def _spec(self, data: dict[str, Any]) -> HubSpec:
        try:
            return parse(data)
        except SpecError as error:
            errors = {f"spec.{path}": words for path, words in error.errors.items()}
            raise Invalid("The spec needs another look.", errors) from error


class OneRequest(Endpoint):
    def get(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Where it stands, what it asks for, what the policy found."""
        return Response(request_data(access.request(request.user, uid), request, whole=True))


class Schema(Endpoint):
    def get(self, request: SignedIn) -> Response:
        """The JSON schema of HubSpec, for editors and validators."""
        return Response(HubSpec.model_json_schema())

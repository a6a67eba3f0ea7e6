"""Around a request: what was said and done about it, and the secrets that wait with it."""

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, once
from hubs.errors import Invalid
from hubs.models import AuditEvent, Scope
from hubs.requests.services import requests as services
from hubs.requests.services import secrets
from hubs.requests.services.asking import in_body
from hubs.requests.services.secrets import Known

from .requests import check_secrets, tag


class NewComment(serializers.Serializer):
    text = serializers.CharField(max_length=4000)
    internal = serializers.BooleanField(default=False, help_text="Among staff")


class Comments(Endpoint):
    scopes = {"GET": Scope.READ, "POST": Scope.REQUEST}

    @extend_schema(responses=shapes.CommentShape(many=True))
    def get(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """What was said about it, oldest first."""
        rows = access.request(request.user, uid).comments.select_related("author")
        rows = rows if request.user.is_staff else rows.filter(internal=False)
        return self.paginated(rows, shapes.CommentShape, "created_at", "pk")

    @extend_schema(request=NewComment, responses={201: shapes.CommentShape})
    @once
    def post(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """A word to everybody who sees it, or among staff."""
        row = services.comment(request=access.request(request.user, uid), by=request.user, **self.read(NewComment))
        return self.one(row, shapes.CommentShape, status=201)


class LineShape(shapes.Shape):
    """One line of its history."""

    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="User name; empty is the portal itself")
    verb = serializers.CharField()
    words = serializers.SerializerMethodField(help_text="The verb in words")
    note = serializers.CharField()

    def get_words(self, row: AuditEvent) -> str:
        return row.did


class History(Endpoint):
    scopes = {"GET": Scope.READ}

    @extend_schema(responses=LineShape(many=True))
    def get(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """What was done with it, oldest first."""
        row = access.request(request.user, uid)
        return self.paginated(AuditEvent.objects.all().of_request(row), LineShape, "at", "pk")


class SecretShape(shapes.Shape):
    """That a secret is set; never what it is."""

    path = serializers.CharField(help_text="In values")
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    by = serializers.CharField(help_text="Who set it")
    at = serializers.DateTimeField(allow_null=True)
    waiting = serializers.BooleanField(source="new", help_text="It counts once the request is approved")

    def get_label(self, row: Known) -> str:
        return secrets.label_of(row.path)


class NewSecrets(serializers.Serializer):
    secrets = serializers.DictField(
        child=serializers.CharField(max_length=secrets.LONGEST, trim_whitespace=False),
        help_text="Path in values to text; kept encrypted, never shown again",
    )


class Secrets(Endpoint):
    scopes = {"GET": Scope.READ, "PUT": Scope.REQUEST}
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=SecretShape(many=True))
    def get(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Which secrets are set, the hub's and those that wait with the request."""
        return self._known(access.request(request.user, uid, Permission.OPERATE))

    @extend_schema(request=NewSecrets, responses=SecretShape(many=True))
    def put(self, request: SignedIn, uid: uuid.UUID) -> Response:
        """Keep these with the request; those that are not named stay."""
        row = access.request(request.user, uid, Permission.OPERATE)
        said = self.read(NewSecrets)["secrets"]
        self.check_match(tag(row), needed=False)
        check_secrets(said, services.read(row)[0])
        try:
            row = secrets.keep(request=row, by=request.user, values=said)
        except Invalid as error:
            raise Invalid(error.message, in_body(error.errors)) from error
        return self._known(row)

    def _known(self, row: Any) -> Response:
        found = [one for _, one in sorted(secrets.known(row).items())]
        return Response(SecretShape(found, many=True).data)

"""Comments and history of a request, and the secrets stored with it."""

import uuid
from typing import Any

from rest_framework import serializers

from hubs import access
from hubs.access import Permission
from hubs.api import shapes
from hubs.api.base import Endpoint, SignedIn, does
from hubs.api.naming import renamed
from hubs.models import AuditEvent, Scope
from hubs.requests.services import judged, secrets
from hubs.requests.services import requests as services
from hubs.requests.services.asking import in_body
from hubs.requests.services.secrets import Known

from .requests import check_secrets, tag
from .shapes import CommentShape


class NewComment(serializers.Serializer):
    text = serializers.CharField(max_length=4000)
    internal = serializers.BooleanField(default=False, help_text="Visible to staff only")


class Comments(Endpoint):
    @does(Scope.READ, pages=CommentShape, order=("created_at", "pk"))
    def get(self, request: SignedIn, uid: uuid.UUID) -> Any:
        """Comments, oldest first."""
        rows = access.request(request.user, uid).comments.select_related("author")
        return rows if request.user.is_staff else rows.filter(internal=False)

    @does(Scope.REQUEST, reads=NewComment, makes=CommentShape)
    def post(self, request: SignedIn, uid: uuid.UUID) -> Any:
        """Add a comment, visible to everyone who can see the request or to staff only."""
        return services.comment(request=access.request(request.user, uid), by=request.user, **self.read(NewComment))


class LineShape(shapes.Shape):
    """One entry of its history."""

    id = serializers.IntegerField(source="pk")
    at = serializers.DateTimeField()
    actor = serializers.CharField(help_text="User name; empty for the portal itself")
    verb = serializers.CharField()
    words = serializers.CharField(source="did", read_only=True, help_text="The verb in words")
    note = serializers.CharField()


class History(Endpoint):
    @does(Scope.READ, pages=LineShape, order=("at", "pk"))
    def get(self, request: SignedIn, uid: uuid.UUID) -> Any:
        """Its history, oldest first."""
        row = access.request(request.user, uid)
        return AuditEvent.objects.all().of_request(row)


class SecretShape(shapes.Shape):
    """Whether a secret is set, never its value."""

    path = serializers.CharField(help_text="Path in values")
    label = serializers.SerializerMethodField()  # type: ignore[assignment]
    by = serializers.CharField(help_text="Who set it")
    at = serializers.DateTimeField(allow_null=True)
    waiting = serializers.BooleanField(source="new", help_text="Takes effect when the request is approved")

    def get_label(self, row: Known) -> str:
        return secrets.label_of(row.path)


class NewSecrets(serializers.Serializer):
    secrets = serializers.DictField(
        child=serializers.CharField(max_length=secrets.LONGEST, trim_whitespace=False),
        help_text="Path in values to text; stored encrypted, never shown again",
    )


class Secrets(Endpoint):
    @does(Scope.READ, lists=SecretShape)
    def get(self, request: SignedIn, uid: uuid.UUID) -> list[Known]:
        """Which secrets are set: the hub's, and those saved with the request."""
        return self._known(access.request(request.user, uid, Permission.OPERATE))

    @does(Scope.REQUEST, reads=NewSecrets, lists=SecretShape)
    def put(self, request: SignedIn, uid: uuid.UUID) -> list[Known]:
        """Save these with the request; others stay as they are."""
        row = access.request(request.user, uid, Permission.OPERATE)
        said = self.read(NewSecrets)["secrets"]
        self.check_match(tag(row), needed=False)
        check_secrets(said, judged.read(row)[0])
        with renamed(in_body):
            return self._known(secrets.keep(request=row, by=request.user, values=said))

    def _known(self, row: Any) -> list[Known]:
        return [one for _, one in sorted(secrets.known(row).items())]

"""A token for a program without a browser, as OAuth 2.0 device authorization grant (RFC 8628). Bodies are forms and
errors are `{"error": …}`, as that standard has them, and not problem documents."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from hubs import cause
from hubs.accounts.services import devices as services
from hubs.accounts.services import sign_ins
from hubs.api.base import Endpoint
from hubs.models import SignIn

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class DeviceQuestion(serializers.Serializer):
    client_id = serializers.CharField(max_length=40, help_text="`hubportal`, the command line")
    scope = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="With spaces between; usually `read`"
    )


class DeviceCode(serializers.Serializer):
    device_code = serializers.CharField(help_text="To ask with; shown to nobody")
    user_code = serializers.CharField(help_text="To show: somebody types it at verification_uri")
    verification_uri = serializers.CharField()
    verification_uri_complete = serializers.CharField(help_text="The same, with the code in it")
    expires_in = serializers.IntegerField(help_text="Seconds")
    interval = serializers.IntegerField(help_text="Seconds to wait between two questions")


class DeviceCollection(serializers.Serializer):
    grant_type = serializers.CharField(max_length=100, help_text=f"`{GRANT}`")
    device_code = serializers.CharField(max_length=100)
    client_id = serializers.CharField(max_length=40)


class DeviceToken(serializers.Serializer):
    access_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds")
    scope = serializers.CharField(help_text="What was allowed; it may be less than was asked for")


class OAuthError(serializers.Serializer):
    error = serializers.CharField(help_text="authorization_pending, slow_down, access_denied, expired_token, …")
    error_description = serializers.CharField()


def _refused(code: str, words: str) -> Response:
    return Response({"error": code, "error_description": words}, status=400)


class _Device(Endpoint):
    """Open to everybody: nothing is told and nothing allowed until a person decides."""

    authentication_classes = ()
    permission_classes = [AllowAny]
    parser_classes = [FormParser]

    def asked(self, request: Request, shape: type[serializers.Serializer]) -> dict[str, Any]:
        """The form. What is not known in it is ignored, as RFC 6749 (section 3.1) wants it. Raises DeviceError."""
        given = shape(data=request.data)
        try:
            given.is_valid(raise_exception=True)
        except exceptions.ValidationError:
            told = ", ".join(sorted(given.errors))
            raise services.DeviceError("invalid_request", f"This is missing or can’t be: {told}.") from None
        return dict(given.validated_data)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, services.DeviceError):
            return _refused(exc.code, exc.message)
        found: Response = super().handle_exception(exc)
        return found

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        found["Cache-Control"] = "no-store"
        return found


class Authorize(_Device):
    @extend_schema(request=DeviceQuestion, responses={200: DeviceCode, 400: OAuthError})
    def post(self, request: Request) -> Response:
        """A code that somebody types in a browser, and a long one with which the program asks for its token."""
        said = self.asked(request, DeviceQuestion)
        address = cause.origin.get().address
        row, code = services.begin(client=said["client_id"], scope=said["scope"], address=address)
        page = settings.PORTAL_URL + reverse("device")
        data = {
            "device_code": code,
            "user_code": row.shown_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={row.shown_code}",
            "expires_in": int(services.LIFE.total_seconds()),
            "interval": row.interval,
        }
        return Response(DeviceCode(data).data)


class Collect(_Device):
    @extend_schema(request=DeviceCollection, responses={200: DeviceToken, 400: OAuthError})
    def post(self, request: Request) -> Response:
        """The token, once somebody has allowed it; until then `authorization_pending`. A code gives one token."""
        said = self.asked(request, DeviceCollection)
        if said["grant_type"] != GRANT:
            return _refused("unsupported_grant_type", f"Send grant_type={GRANT}.")
        cause.came_with(cause.DEVICE)
        try:
            token, text = services.collect(code=said["device_code"], client=said["client_id"])
        except services.DeviceError as error:
            if error.code == "invalid_grant":
                sign_ins.wrong(how=SignIn.How.DEVICE)
            raise
        sign_ins.worked(person=token.person, how=SignIn.How.DEVICE, subject=str(token))
        left = token.expires_at - token.created_at
        data = {
            "access_token": text,
            "token_type": "Bearer",
            "expires_in": int(left.total_seconds()),
            "scope": " ".join(token.scopes),
        }
        return Response(DeviceToken(data).data)

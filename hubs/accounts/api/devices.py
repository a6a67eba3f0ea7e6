"""OAuth 2.0 device authorization grant (RFC 8628): a token for an app without a browser. As that standard requires,
bodies are forms and errors are `{"error": …}`, not problem documents."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from hubs import request_context
from hubs.accounts.services import devices as services
from hubs.accounts.services import sign_ins
from hubs.api.base import Endpoint
from hubs.models import SignIn

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class DeviceQuestion(serializers.Serializer):
    client_id = serializers.CharField(max_length=40, help_text="`hubportal`, the command-line tool")
    scope = serializers.CharField(
        max_length=200, required=False, allow_blank=True, default="", help_text="Separated by spaces; usually `read`"
    )


class DeviceCode(serializers.Serializer):
    device_code = serializers.CharField(help_text="Code for the token request. Keep it secret")
    user_code = serializers.CharField(help_text="Code to show: a person enters it at verification_uri")
    verification_uri = serializers.CharField()
    verification_uri_complete = serializers.CharField(help_text="The same address, including the code")
    expires_in = serializers.IntegerField(help_text="Seconds")
    interval = serializers.IntegerField(help_text="Seconds to wait between two requests")


class DeviceCollection(serializers.Serializer):
    grant_type = serializers.CharField(max_length=100, help_text=f"`{GRANT}`")
    device_code = serializers.CharField(max_length=100)
    client_id = serializers.CharField(max_length=40)


class DeviceToken(serializers.Serializer):
    access_token = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds")
    scope = serializers.CharField(help_text="The scopes that were granted, possibly fewer than requested")


class OAuthError(serializers.Serializer):
    error = serializers.CharField(help_text="authorization_pending, slow_down, access_denied, expired_token, …")
    error_description = serializers.CharField()


def _refused(code: str, words: str) -> Response:
    return Response({"error": code, "error_description": words}, status=400)


class _Device(Endpoint):
    """Public endpoints: they reveal and grant nothing until a person decides."""

    authentication_classes = ()
    permission_classes = [AllowAny]
    parser_classes = [FormParser]

    def asked(self, request: Request, shape: type[serializers.Serializer]) -> dict[str, Any]:
        """Return the form. Unknown fields are ignored (RFC 6749, section 3.1). Raise DeviceError."""
        given = shape(data=request.data)
        try:
            given.is_valid(raise_exception=True)
        except exceptions.ValidationError:
            told = ", ".join(sorted(given.errors))
            raise services.DeviceError("invalid_request", f"Missing or not valid: {told}.") from None
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
        """Get a code that a person enters in a browser, and a long code with which the app requests its token."""
        said = self.asked(request, DeviceQuestion)
        address = request_context.origin.get().address
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
        """Get the token once a person has allowed it; until then `authorization_pending`. A code gives one token."""
        said = self.asked(request, DeviceCollection)
        if said["grant_type"] != GRANT:
            return _refused("unsupported_grant_type", f"Send grant_type={GRANT}.")
        request_context.came_with(request_context.DEVICE)
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

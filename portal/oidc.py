"""The portal as OpenID Connect provider of its hubs: who somebody is, and what this hub lets them be, as of now.

A hub's application has the hub's uid as client id (provisioning makes it). There is no consent page: a hub is ours, and
its roster is the consent. Nothing here manages applications or registers clients.
"""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from oauth2_provider.models import Application
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.views import (
    AuthorizationView,
    ConnectDiscoveryInfoView,
    JwksInfoView,
    RevokeTokenView,
    TokenView,
    UserInfoView,
)

from hubs.dates import ending
from hubs.models import Hub, HubSecret, Role, User

GROUPS = {"admin": ["users", "admins"], "user": ["users"], "": []}
MOST_HELPERS = 5  # names on the page of somebody who may not enter


def hub_of(client_id: str) -> Hub | None:
    related = ("organization", "revision", "created_by")
    return Hub.objects.select_related(*related).filter(uid=client_id).first() if client_id.isalnum() else None


def groups_of(user: User, hub: Hub | None) -> list[str]:
    """What the hub's authenticator is told: "users" opens the door, "admins" makes an admin of the hub."""
    return GROUPS[hub.role_of(user)] if hub and hub.revision_id and user.is_active else []


class HubValidator(OAuth2Validator):
    """Claims about a person for one hub, computed when asked. Somebody who was disabled is nobody from that moment."""

    oidc_claim_scope = {**OAuth2Validator.oidc_claim_scope, "groups": "groups"}

    def get_additional_claims(self) -> dict[str, Any]:
        return {
            "preferred_username": lambda request: request.user.username.lower(),
            "name": lambda request: request.user.display_name,
            "email": lambda request: request.user.email,
            "email_verified": lambda request: bool(request.user.verified_email),
            "groups": lambda request: groups_of(request.user, hub_of(request.client.client_id)),
        }

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        """While a hub restarts with a new secret, the one before it is accepted, too. An Application has its hub's uid
        and one salted hash, so the hash leads to the hub."""
        if super()._check_secret(provided_secret, stored_secret):
            return True
        uid = Application.objects.filter(client_secret=stored_secret).values_list("client_id", flat=True).first()
        known = HubSecret.objects.accepted(uid or "", "oauth_client_secret", timezone.now())
        return any(constant_time_compare(provided_secret, each) for each in known)

    def validate_bearer_token(self, token: str, scopes: list[str], request: Any) -> bool:
        valid = super().validate_bearer_token(token, scopes, request)
        return bool(valid and request.user and request.user.is_active)

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        valid = super().validate_code(client_id, code, client, request, *args, **kwargs)
        return bool(valid and request.user.is_active)

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        valid = super().validate_refresh_token(refresh_token, client, request, *args, **kwargs)
        return bool(valid and request.user and request.user.is_active)


def helpers(hub: Hub) -> list[User]:
    """Whom somebody at a closed door may ask: whoever made the hub, then the organisation's owners and admins."""
    found = [hub.created_by] if hub.created_by.is_active else []
    runs = User.objects.filter(
        is_active=True,
        memberships__organization=hub.organization,
        memberships__role__in=[Role.OWNER, Role.ADMIN],
    ).order_by("memberships__since", "pk")
    found += [user for user in runs[:MOST_HELPERS] if user != hub.created_by]
    return found[:MOST_HELPERS]


def closed_door(request: HttpRequest, hub: Hub) -> HttpResponse | None:
    """The page of somebody who can't enter this hub now, with whom to ask; None when the door is open."""
    if hub.is_retired:
        return render(request, "oidc/retired.html", {"hub": hub}, status=410)
    role = hub.role_of(request.user) if isinstance(request.user, User) else ""
    context = {
        "hub": hub,
        "helpers": helpers(hub),
        "support": settings.SUPPORT_CONTACT,
        "next": request.get_full_path(),
    }
    if not role:
        return render(request, "oidc/refused.html", context, status=403)
    if hub.desired_state == Hub.Desired.SUSPENDED:
        told = {**context, "ending": ending(hub, timezone.now())}
        return render(request, "oidc/suspended.html", told, status=409)
    return None


@method_decorator(login_not_required, name="dispatch")  # sends people to the sign-in itself, with the way back
class HubAuthorizationView(AuthorizationView):
    """Asks the roster before a hub gets a code. Only GET: there is nothing to consent to."""

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        hub = hub_of(request.GET.get("client_id", ""))
        if hub is None or not (hub.is_retired or Application.objects.filter(client_id=hub.uid).exists()):
            raise Http404
        if request.user.is_authenticated and (closed := closed_door(request, hub)):
            return closed
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Only errors come here: a hub whose configuration is older than its row, or a tampered address."""
        return render(self.request, "oidc/error.html", context, status=kwargs.get("status", 400))


urlpatterns = [
    path("authorize/", HubAuthorizationView.as_view(), name="authorize"),
    path("token/", TokenView.as_view(), name="token"),
    path("revoke_token/", RevokeTokenView.as_view(), name="revoke-token"),
    path("userinfo/", UserInfoView.as_view(), name="user-info"),
    path(".well-known/openid-configuration", ConnectDiscoveryInfoView.as_view(), name="oidc-connect-discovery-info"),
    path(".well-known/jwks.json", JwksInfoView.as_view(), name="jwks-info"),
]

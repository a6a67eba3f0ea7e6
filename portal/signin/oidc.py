"""The portal as OpenID Connect provider of its hubs: a person's identity, and their current role and groups in a hub.

A hub's application has the hub's uid as client id (provisioning creates it). There is no consent page: hubs are part of
the portal, and the roster is the consent. Nothing here manages applications or registers clients.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.models import Application
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.settings import oauth2_settings
from oauth2_provider.views import (
    AuthorizationView,
    ConnectDiscoveryInfoView,
    JwksInfoView,
    RevokeTokenView,
    TokenView,
    UserInfoView,
)
from oauthlib.oauth2.rfc6749.errors import CustomOAuth2Error

from hubs.accounts.services import accounts, sign_ins
from hubs.days.queries import ending
from hubs.errors import TooMany
from hubs.models import Hub, HubSecret, Role, SignIn, User
from hubs.roster.queries.people import on_list, people_of
from hubs.roster.services import roster
from hubs.spec import hub_secrets

GROUPS = {"admin": ["users", "admins"], "user": ["users"], "": []}
MOST_HELPERS = 5  # contacts on the page for people without access
WAY_BACK = 10  # seconds between a sign-in and the check whether the person has just signed in
GONE = 410
TOLD = {409: "temporarily_unavailable"}  # error codes of RFC 6749 (4.1.2.1) by status of the page; else access_denied
IN_HEADER = "Send the token in the Authorization header."


def hub_of(client_id: str) -> Hub | None:
    related = ("organization", "revision", "created_by")
    return Hub.objects.select_related(*related).filter(uid=client_id).first() if client_id.isalnum() else None


def groups_of(user: User, hub: Hub | None) -> list[str]:
    """Return the groups for the hub's authenticator: "users" gives access, "admins" makes a hub admin. The others are
    groups of the hub's list, which never have these names."""
    roles = GROUPS[hub.role_of(user)] if hub and hub.revision_id and user.is_active else []
    if hub is None or not roles:
        return []
    roster.bind(hub=hub, person=user)
    accounts.settle_username(user=user)
    name = user.username.lower()
    return [*roles, *on_list(people_of(hub, [name])[name])]


class HubValidator(OAuth2Validator):
    """Claims about a person for one hub, computed on request. A disabled account is rejected immediately."""

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
        """Also accept the previous secret while a hub restarts with a new one. The salted hash of an Application is
        unique, so it identifies the hub."""
        if super()._check_secret(provided_secret, stored_secret):
            return True
        uid = Application.objects.filter(client_secret=stored_secret).values_list("client_id", flat=True).first()
        known = HubSecret.objects.accepted(uid or "", hub_secrets.OAUTH, timezone.now())
        return any(constant_time_compare(provided_secret, each) for each in known)

    def validate_bearer_token(self, token: str, scopes: list[str], request: Any) -> bool:
        valid = super().validate_bearer_token(token, scopes, request)
        return bool(valid and request.user and request.user.is_active)

    def validate_silent_login(self, request: Any) -> bool:
        return True  # checked by the view: people who are not signed in never get here

    def validate_silent_authorization(self, request: Any) -> bool:
        return True  # the roster is the consent

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        valid = super().validate_code(client_id, code, client, request, *args, **kwargs)
        return bool(valid and request.user.is_active)

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        valid = super().validate_refresh_token(refresh_token, client, request, *args, **kwargs)
        return bool(valid and request.user and request.user.is_active)


def helpers(hub: Hub) -> list[User]:
    """Return contacts for people without access: the hub's creator, then the organisation's owners and admins."""
    maker = hub.created_by
    found = [maker] if maker.is_active and maker.service_of_id is None else []
    runs = User.objects.filter(
        is_active=True,
        service_of=None,
        memberships__organization=hub.organization,
        memberships__role__in=[Role.OWNER, Role.ADMIN],
    ).order_by("memberships__since", "pk")
    found += [user for user in runs[:MOST_HELPERS] if user != hub.created_by]
    return found[:MOST_HELPERS]


def closed_door(request: HttpRequest, hub: Hub) -> HttpResponse | None:
    """Return a page with contacts if the person can't use this hub now, or None if they can."""
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


def from_us(url: str) -> str:
    """Return the redirect URL of an answer to a hub with exactly one issuer parameter `iss` (RFC 9207)."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "iss"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("iss", oauth2_settings.OIDC_ISS_ENDPOINT)])))


def signed_in_within(user: User, max_age: str) -> bool:
    """Return whether the last sign-in was within `max_age` seconds (OpenID Connect Core 3.1.2.1). An invalid number
    counts as 0. At least WAY_BACK seconds are allowed, because the redirect from the sign-in page takes time."""
    seconds = int(max_age) if max_age.isascii() and max_age.isdigit() and len(max_age) < 10 else 0
    age = timedelta(seconds=max(seconds, WAY_BACK))
    return user.last_login is not None and timezone.now() - user.last_login <= age


@method_decorator(login_not_required, name="dispatch")  # redirects to the sign-in itself, with the return address
class HubAuthorizationView(AuthorizationView):
    """Checks the roster before a hub gets a code. Only GET, because there is nothing to consent to.

    With `prompt=none` no page is shown. The hub gets an error by redirect (OpenID Connect Core 3.1.2.6), after its
    address was validated: login_required, access_denied for people who are not on its roster, temporarily_unavailable
    for a suspended hub. Consent and interaction are never required, because no page asks for them.
    """

    http_method_names = ["get", "head"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        hub = hub_of(request.GET.get("client_id", ""))
        if hub is None or not (hub.is_retired or Application.objects.filter(client_id=hub.uid).exists()):
            raise Http404
        person = request.user if isinstance(request.user, User) else None
        if person:
            silent = "none" in request.GET.get("prompt", "").split()
            if self._to_sign_in_again(request):
                return self._tell("login_required") if silent else self._sign_in_again(request)
            if closed := closed_door(request, hub):
                sign_ins.failed(how=SignIn.How.HUB, person=person, subject=hub.uid)
                tells = silent and closed.status_code != GONE
                return self._tell(TOLD.get(closed.status_code, "access_denied")) if tells else closed
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        if person and "code" in parse_qs(urlsplit(answer.get("Location", "")).query):
            sign_ins.worked(person=person, how=SignIn.How.HUB, subject=hub.uid)
        return answer

    def _to_sign_in_again(self, request: HttpRequest) -> bool:
        if "login" in request.GET.get("prompt", "").split():
            return True
        max_age = request.GET.get("max_age")
        return max_age is not None and isinstance(request.user, User) and not signed_in_within(request.user, max_age)

    def _sign_in_again(self, request: HttpRequest) -> HttpResponse:
        """Sign out first, because the sign-in page redirects people who are signed in. Only for a valid request of a
        hub, so that an arbitrary link can't sign people out."""
        try:
            self.validate_authorization_request(request)
        except OAuthToolkitError as error:
            return self._refuse(error)
        logout(request)
        query = [(name, value) for name, value in request.GET.items() if (name, value) != ("prompt", "login")]
        return redirect_to_login(f"{request.path}?{urlencode(query)}")

    def _tell(self, code: str) -> HttpResponse:
        """Send an error code to the hub by redirect."""
        try:
            _, credentials = self.validate_authorization_request(self.request)
        except OAuthToolkitError as error:
            return self._refuse(error)
        said = CustomOAuth2Error(error=code, state=credentials.get("state"))
        return self._refuse(OAuthToolkitError(error=said, redirect_uri=credentials["redirect_uri"]))

    def _refuse(self, error: OAuthToolkitError) -> HttpResponse:
        self.oauth2_data: dict[str, Any] = {}
        answer: HttpResponse = self.error_response(error, application=None)
        return answer

    def redirect(self, redirect_to: str, application: Application | None) -> HttpResponse:
        """Redirect to the hub with a code or an error. All answers to hubs pass here."""
        answer: HttpResponse = super().redirect(from_us(redirect_to), application)
        return answer

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Render errors only: the hub's configuration is outdated, or the address was tampered with."""
        return render(self.request, "oidc/error.html", context, status=kwargs.get("status", 400))


class _Braked(View):
    """Rate limit for wrong client secrets and tokens. They are counted and recorded after the check, so that a hub with
    the right ones is never slowed down by another one behind the same IP address."""

    @method_decorator([login_not_required, csrf_exempt])  # as in the package: clients authenticate with a secret
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)  # type: ignore[assignment]
        if answer.status_code in (400, 401, 403):
            try:
                sign_ins.wrong(how=SignIn.How.HUB)
            except TooMany as error:
                return JsonResponse({"error": "slow_down"}, status=429, headers={"Retry-After": str(error.seconds)})
        return answer


class HubTokenView(_Braked, TokenView):
    pass


class HubRevokeTokenView(_Braked, RevokeTokenView):
    pass


class HubUserInfoView(_Braked, UserInfoView):
    """Accepts a token in the Authorization header only, because URLs and bodies are logged and stored (RFC 9700, 4.3.2;
    the methods of RFC 6750, 2.2 and 2.3, are rejected)."""

    @method_decorator([login_not_required, csrf_exempt])
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "access_token" in request.GET or "access_token" in request.POST:
            answer = JsonResponse({"error": "invalid_request", "error_description": IN_HEADER}, status=400)
            answer["WWW-Authenticate"] = f'Bearer error="invalid_request", error_description="{IN_HEADER}"'
            return answer
        found: HttpResponse = super().dispatch(request, *args, **kwargs)
        return found


urlpatterns = [
    path("authorize/", HubAuthorizationView.as_view(), name="authorize"),
    path("token/", HubTokenView.as_view(), name="token"),
    path("revoke_token/", HubRevokeTokenView.as_view(), name="revoke-token"),
    path("userinfo/", HubUserInfoView.as_view(), name="user-info"),
    path(".well-known/openid-configuration", ConnectDiscoveryInfoView.as_view(), name="oidc-connect-discovery-info"),
    path(".well-known/jwks.json", JwksInfoView.as_view(), name="jwks-info"),
]

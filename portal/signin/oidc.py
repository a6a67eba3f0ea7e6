"""The portal as OpenID Connect provider of its hubs: who somebody is, and what this hub lets them be, as of now.

A hub's application has the hub's uid as client id (provisioning makes it). There is no consent page: a hub is ours, and
its roster is the consent. Nothing here manages applications or registers clients.
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
MOST_HELPERS = 5  # names on the page of somebody who may not enter
WAY_BACK = 10  # seconds from the sign-in page to the question whether somebody has just signed in
GONE = 410
TOLD = {409: "temporarily_unavailable"}  # RFC 6749 (4.1.2.1), by the status of the page; else access_denied
IN_HEADER = "Send the token in the Authorization header."


def hub_of(client_id: str) -> Hub | None:
    related = ("organization", "revision", "created_by")
    return Hub.objects.select_related(*related).filter(uid=client_id).first() if client_id.isalnum() else None


def groups_of(user: User, hub: Hub | None) -> list[str]:
    """What the hub's authenticator is told: "users" opens the door, "admins" makes an admin of the hub; the others are
    groups of its list, which are never called so."""
    roles = GROUPS[hub.role_of(user)] if hub and hub.revision_id and user.is_active else []
    if hub is None or not roles:
        return []
    roster.bind(hub=hub, person=user)
    accounts.settle_username(user=user)
    name = user.username.lower()
    return [*roles, *on_list(people_of(hub, [name])[name])]


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
        known = HubSecret.objects.accepted(uid or "", hub_secrets.OAUTH, timezone.now())
        return any(constant_time_compare(provided_secret, each) for each in known)

    def validate_bearer_token(self, token: str, scopes: list[str], request: Any) -> bool:
        valid = super().validate_bearer_token(token, scopes, request)
        return bool(valid and request.user and request.user.is_active)

    def validate_silent_login(self, request: Any) -> bool:
        return True  # the view has asked: who is not signed in never comes here to get a code

    def validate_silent_authorization(self, request: Any) -> bool:
        return True  # the roster is the consent

    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        valid = super().validate_code(client_id, code, client, request, *args, **kwargs)
        return bool(valid and request.user.is_active)

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        valid = super().validate_refresh_token(refresh_token, client, request, *args, **kwargs)
        return bool(valid and request.user and request.user.is_active)


def helpers(hub: Hub) -> list[User]:
    """Whom somebody at a closed door may ask: whoever made the hub, then the organisation's owners and admins."""
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


def from_us(url: str) -> str:
    """The address with which an answer goes back to a hub, with who answers (RFC 9207): once, whatever was in it."""
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "iss"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("iss", oauth2_settings.OIDC_ISS_ENDPOINT)])))


def signed_in_within(user: User, max_age: str) -> bool:
    """Is the last sign-in at most so many seconds ago (OpenID Connect Core 3.1.2.1)? What is no number asks for one
    now. The way back from the sign-in page takes a moment, too."""
    seconds = int(max_age) if max_age.isascii() and max_age.isdigit() and len(max_age) < 10 else 0
    age = timedelta(seconds=max(seconds, WAY_BACK))
    return user.last_login is not None and timezone.now() - user.last_login <= age


@method_decorator(login_not_required, name="dispatch")  # sends people to the sign-in itself, with the way back
class HubAuthorizationView(AuthorizationView):
    """Asks the roster before a hub gets a code. Only GET: there is nothing to consent to.

    With `prompt=none` nobody is shown a page: the hub is told by redirect (OpenID Connect Core 3.1.2.6), once its
    address was found to be right: login_required, access_denied for who is not on its roster, temporarily_unavailable
    for a hub that is suspended. Consent and interaction are never required, because there is no page that asks.
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
        """Signs out first: the sign-in page sends on who is signed in. Only for a hub with its own way back, so that a
        link of anybody's can't do it."""
        try:
            self.validate_authorization_request(request)
        except OAuthToolkitError as error:
            return self._refuse(error)
        logout(request)
        query = [(name, value) for name, value in request.GET.items() if (name, value) != ("prompt", "login")]
        return redirect_to_login(f"{request.path}?{urlencode(query)}")

    def _tell(self, code: str) -> HttpResponse:
        """The hub, by redirect."""
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
        """Every answer to a hub leaves here, codes and errors."""
        answer: HttpResponse = super().redirect(from_us(redirect_to), application)
        return answer

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Only errors come here: a hub whose configuration is older than its row, or a tampered address."""
        return render(self.request, "oidc/error.html", context, status=kwargs.get("status", 400))


class _Braked(View):
    """Wrong secrets of hubs and wrong tokens: counted and written down after the check, so that a hub with the right
    ones is never slowed by another one behind the same address."""

    @method_decorator([login_not_required, csrf_exempt])  # as the package has them: asked by programs with a secret
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
    """A token stands in the Authorization header and nowhere else: addresses and bodies are logged and kept
    (RFC 9700, 4.3.2; of RFC 6750 the ways of 2.2 and 2.3 are refused)."""

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

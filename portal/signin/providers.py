"""Sign-in with GitHub, Google or any OpenID Connect provider, and which of their claims the portal trusts.

An account is found by the provider's subject only, never by an email address, because the next owner of the address
would inherit the account. An address gives access (rosters, invitations) only if the provider has verified it.
"""

import logging
import re
import unicodedata
from typing import Any
from urllib.parse import urlencode

from anyascii import anyascii
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from social_core.backends.github import GithubOAuth2
from social_core.backends.open_id_connect import OpenIdConnectAuth
from social_core.exceptions import AuthCanceled, AuthPolicyError, AuthProviderError, SocialAuthBaseException
from social_django import views as social

from hubs.accounts.services import accounts, sign_ins
from hubs.language import _
from hubs.models import SignIn, User
from hubs.text import names

from .provider_questions import OneDeadline

log = logging.getLogger(__name__)
SESSIONS_NAME = "portal.signin"  # module name of providers in stored sessions; must not change


# --- providers ------------------------------------------------------------------------------------------------------


class GitHub(OneDeadline, GithubOAuth2):
    """Trusts the primary address only if GitHub has verified it. The address of the public profile is not verified."""

    __module__ = SESSIONS_NAME

    def api_url(self) -> str:
        return str(self.setting("API_URL", self.API_URL))

    def get_user_details(self, response: dict[str, Any]) -> dict[str, Any]:
        emails = [e for e in response.get("emails") or [] if isinstance(e, dict) and e.get("primary")]
        vouched = [e["email"] for e in emails if e.get("verified") is True and e.get("email")]
        return {
            "username": response.get("login") or "",
            "fullname": response.get("name") or response.get("login") or "",
            "email": vouched[0] if vouched else "",
            "email_verified": bool(vouched),
        }


class OpenIdConnect(OneDeadline, OpenIdConnectAuth):
    """Any OpenID Connect provider, configured by its address alone."""

    __module__ = SESSIONS_NAME

    DEFAULT_USE_PKCE = True

    def get_user_details(self, response: dict[str, Any]) -> dict[str, Any]:
        said = response.get("email_verified")
        vouched = said in (True, "true") or (said is None and self.setting("TRUST_EMAIL", False) is True)
        email = response.get("email") or ""
        return {
            "username": response.get("preferred_username") or email or response.get("name") or "",
            "fullname": response.get("name") or "",
            "email": email,
            "email_verified": bool(email) and vouched,
        }


class Google(OpenIdConnect):
    """Google: an OpenID Connect provider at a fixed address."""

    __module__ = SESSIONS_NAME

    name = "google-oauth2"
    title = "Google"
    OIDC_ENDPOINT = "https://accounts.google.com"


# --- the portal's steps of social-auth's pipeline -------------------------------------------------------------------


NOBODY = "person"  # the user name if a provider gives no usable name


def clean_username(wished: str) -> str:
    """Return a user name for hubs from a provider's name in any script, or "person" if nothing usable is left.

    >>> clean_username("Ínes.Duarte@river.example.edu"), clean_username("--"), clean_username("李小龙")
    ('ines-duarte', 'person', 'lixiaolong')
    """
    local = wished.split("@")[0]
    plain = anyascii(unicodedata.normalize("NFKC", local)).lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: names.LONGEST_USER_NAME].strip("-") or NOBODY


def is_guess(said: str, username: str) -> bool:
    """Return whether the user name is a guess: transliterated, or with a number because it was taken.

    >>> is_guess("Øyvind", "oyvind"), is_guess("李小龙", "lixiaolong"), is_guess("ines", "ines-2")
    (False, True, True)
    """
    letters = [letter for letter in said.split("@")[0] if letter.isalpha()]
    other = any(not unicodedata.name(letter, "").startswith(("LATIN", "FULLWIDTH LATIN")) for letter in letters)
    return other or username != clean_username(said)


def clean_name(said: str) -> str:
    """Return a provider's display name as one line, without characters that reorder or hide others.

    >>> clean_name("Stan\\u202e Weber\\n(staff)")
    'Stan Weber (staff)'
    """
    words = "".join(letter if letter.isprintable() else " " if letter.isspace() else "" for letter in said)
    return " ".join(words.split())


def own_name(said: str) -> str:
    """Return the cleaned name, or "" if it claims a role in the portal, which no provider can give."""
    name = clean_name(said)
    return "" if names.complaint(name) else name


def refuse_disabled(backend: Any, user: User | None = None, **kwargs: Any) -> None:
    if user is not None and not user.is_active:
        raise AuthPolicyError(backend, code="authentication_disallowed", stage="pipeline")


def make_person(details: dict[str, Any], user: User | None = None, **kwargs: Any) -> dict[str, Any]:
    """Create an account for a new subject. A user name that is taken gets a number: ines, ines-2, ..."""
    if user is not None:
        return {"is_new": False}
    told = [str(details.get(key) or "") for key in ("username", "email", "fullname")]
    said = next((one for one in told if clean_username(one) != NOBODY), "")
    base = clean_username(said)
    number = 1
    while True:
        username = base if number == 1 else f"{base}-{number}"
        number += 1
        if username in names.RESERVED or User.objects.filter(username__iexact=username).exists():
            continue
        try:
            with transaction.atomic():
                made = accounts.create(
                    username=username,
                    name=own_name(str(details.get("fullname") or "")) or username,
                    email=str(details.get("email") or ""),
                    email_verified=bool(details.get("email_verified")),
                    guessed=not said or is_guess(said, username),
                )
        except IntegrityError:  # the name was taken after the check
            continue
        return {"is_new": True, "user": made}


def note_email(details: dict[str, Any], user: User, is_new: bool = False, **kwargs: Any) -> None:
    """Store the provider's current statement: an address that it no longer verifies gives no access."""
    if not is_new:
        accounts.note_email(
            user=user, email=str(details.get("email") or ""), verified=bool(details.get("email_verified"))
        )


# --- the two steps in the browser -----------------------------------------------------------------------------------


def _label(backend: str) -> str:
    if backend not in settings.SOCIAL_PROVIDERS:
        raise Http404
    return str(settings.SOCIAL_PROVIDERS[backend])


def _why(label: str, error: SocialAuthBaseException) -> str:
    if isinstance(error, AuthPolicyError):
        return _("This account is disabled. Contact the portal’s staff.")
    if isinstance(error, AuthCanceled):
        return _("The sign-in with {name} was cancelled.", name=label)
    if isinstance(error, AuthProviderError):
        return _(
            "{name} is not available at the moment. Try again in a few minutes, or use another sign-in method.",
            name=label,
        )
    return _("The sign-in with {name} failed. Try again.", name=label)


def _explain(request: HttpRequest, label: str, error: SocialAuthBaseException) -> HttpResponse:
    """Redirect to the sign-in page with a message. Only the code of a provider's error is logged, because its text may
    contain tokens. Raise TooMany."""
    log.warning("sign-in with %s failed: %s at %s", label, error.code, error.stage)
    if not isinstance(error, AuthCanceled):
        sign_ins.wrong(how=SignIn.How.PROVIDER)
    messages.error(request, _why(label, error))
    back = request.session.get("next", "")
    return redirect(reverse(settings.LOGIN_URL) + (f"?{urlencode({'next': back})}" if back else ""))


@login_not_required
@require_POST
def begin(request: HttpRequest, backend: str) -> HttpResponse:
    """Go to the provider, by a page that forwards immediately, not by a redirect.

    Chromium applies form-action to every redirect after a form, and the portal can't know the hosts through which a
    provider sends people.
    """
    label = _label(backend)
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    try:
        answer: HttpResponse = social.auth(request, backend)
    except SocialAuthBaseException as error:
        return _explain(request, label, error)
    if isinstance(answer, HttpResponseRedirect):
        page = render(request, "account/leaving.html", {"label": label, "url": answer.url})
        page["Refresh"] = f"0; url={answer.url}"
        return page
    return answer


@login_not_required
@require_GET
def complete(request: HttpRequest, backend: str) -> HttpResponse:
    """Return from the provider. A person who is already signed in keeps their account: accounts are never linked."""
    label = _label(backend)
    if request.user.is_authenticated:
        return redirect(settings.LOGIN_REDIRECT_URL)
    try:
        answer: HttpResponse = social.complete(request, backend)
    except SocialAuthBaseException as error:
        return _explain(request, label, error)
    if isinstance(request.user, User):
        sign_ins.worked(person=request.user, how=SignIn.How.PROVIDER, subject=label)
        if request.user.guessed and isinstance(answer, HttpResponseRedirect):
            return redirect(f"{reverse('choose-username')}?{urlencode({'next': answer.url})}")
    return answer

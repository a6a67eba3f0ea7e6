"""Signing in and out, and the person's profile."""

import math
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST
from social_django.models import UserSocialAuth

from hubs import demo, request_context
from hubs.access import SignedIn
from hubs.accounts.forms.account import AlsoForm, NameForm, PasswordForm, SignInForm
from hubs.accounts.services import accounts, own_keys, sign_ins
from hubs.domains.services import own_domain
from hubs.errors import Busy, Invalid
from hubs.hub.queries import presenters
from hubs.language import _, lazy, number, plural, speaking
from hubs.live import rate_limit
from hubs.models import Hub, SignIn, User
from hubs.notify.services import choices as notification_choices

from . import known_browser, language

WRONG = lazy("Wrong user name or password.")
MOST_HUBS = 12  # on the profile; the front page has them all
MOST_SIGN_INS = 20


def _next(request: HttpRequest) -> str:
    """Return where to go after the sign-in: a page of the portal, or "" (never an external address)."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe else ""


def _hub_waiting(next_url: str) -> Hub | None:
    """Return the hub that sent the person here to sign in, if any."""
    parts = urlsplit(next_url)
    if parts.path != reverse("oauth2_provider:authorize"):
        return None
    uid = parse_qs(parts.query).get("client_id", [""])[0]
    return Hub.objects.select_related("cluster").filter(uid=uid).exclude(url="").first() if uid.isalnum() else None


def _way_to(hub: Hub | None) -> dict[str, list[str]]:
    """Return the CSP for the way to this hub: Chromium applies form-action to every redirect after a form."""
    if hub is None:
        return {}
    parts = [urlsplit(url) for url in own_domain.addresses(hub)]
    return {"form-action": [f"{each.scheme}://{each.netloc}" for each in parts]}


def _demo() -> dict[str, Any] | None:
    """Return the demo accounts, if `make run` created them."""
    if settings.PRODUCTION or not settings.PASSWORD_SIGN_IN:
        return None
    there = set(User.objects.filter(email__endswith=".example.edu", is_active=True).values_list("username", flat=True))
    accounts = [account for account in demo.ACCOUNTS if account[0] in there]
    return {"accounts": accounts, "password": demo.PASSWORD} if accounts else None


def _words(seconds: int) -> str:
    if (minutes := math.ceil(seconds / 60)) > 1:
        return plural(
            "Too many attempts. Try again in {count} minute.",
            "Too many attempts. Try again in {count} minutes.",
            minutes,
        )
    return plural(
        "Too many attempts. Try again in {count} second.", "Too many attempts. Try again in {count} seconds.", seconds
    )


class Refused(Exception):
    """A password that was not checked or is wrong, with a message and an HTTP status."""

    def __init__(self, message: str, status: int, wait: int = 0) -> None:
        super().__init__(message)
        self.message, self.status, self.wait = message, status, wait


def _guess(request: HttpRequest, how: str, name: str, check: Callable[[], bool]) -> None:
    """Check a password, unless the person has to wait. Raise Refused, and what the check raises."""
    person = User.objects.filter(username=name).first()
    address = request_context.origin.get().address
    guess = rate_limit.Guess(how, name, address, known_browser.name(request, person), sign_ins.at_home(name))
    if wait := guess.wait():
        raise Refused(_words(wait), 429, wait)
    try:
        right = check()
    except Busy as error:
        guess.not_made()
        raise Refused(error.message, 503, error.seconds) from None
    if not right:
        guess.failed()
        sign_ins.failed(how=how, person=person)
        raise Refused(str(WRONG), 422)
    guess.worked()


def _try(request: HttpRequest, form: SignInForm) -> None:
    """Sign in. Raise Refused."""
    if not form.is_valid():
        raise Refused("", 422)
    name, password = form.cleaned_data["username"].strip().lower(), form.cleaned_data["password"]
    found: list[User] = []

    def check() -> bool:
        user = authenticate(request, username=name, password=password)
        found.extend([user] if isinstance(user, User) else [])
        return bool(found)

    _guess(request, SignIn.How.PASSWORD, name, check)
    login(request, found[0])
    sign_ins.worked(person=found[0], how=SignIn.How.PASSWORD)


@never_cache
@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Show the password form, if passwords are enabled, and a button for each configured provider."""
    next_url = _next(request)
    goal = next_url or resolve_url(settings.LOGIN_REDIRECT_URL)
    if request.user.is_authenticated:
        return redirect(goal)
    hub = _hub_waiting(next_url)
    form, status, wait = SignInForm(), 200, 0
    if request.method == "POST" and not settings.PASSWORD_SIGN_IN:
        status = 403
    elif request.method == "POST":
        form = SignInForm(request.POST)
        try:
            _try(request, form)
        except Refused as error:
            status, wait = error.status, error.wait
            if error.message:
                form.add_error(None, error.message)
        else:
            answer = redirect(goal)
            known_browser.remember(request, answer, cast(User, request.user))
            return answer
    context = {
        "form": form,
        "next": next_url,
        "hub": hub,
        "passwords": settings.PASSWORD_SIGN_IN,
        "providers": settings.SOCIAL_PROVIDERS,
        "demo": _demo(),
    }
    page = render(request, "account/sign_in.html", context, status=status)
    if wait:
        page["Retry-After"] = str(wait)
    return csp_update(_way_to(hub))(lambda _: page)(request)


@login_not_required  # after a second press the person is signed out already, which is fine
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    next_url = _next(request)
    logout(request)
    with speaking(language.of_browser(request)):
        done = _(
            "You are signed out of the portal. You stay signed in to hubs that you opened until you sign out there."
        )
    messages.success(request, done)
    return language.forget(redirect(reverse("sign-in") + (f"?{urlencode({'next': next_url})}" if next_url else "")))


def _change_name(request: SignedIn) -> NameForm | None:
    """Return None if name, language and time zone were changed, else the form with its errors."""
    user = request.user
    form = NameForm(user, language.of_browser(request), request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                accounts.rename(user=user, by=user, name=form.cleaned_data["name"])
                if "language" in form.data:  # not of a page that was opened before there was a choice
                    accounts.choose_language(user=user, by=user, language=form.cleaned_data["language"])
                if "time_zone" in form.data:
                    _choose_zone(user, form.cleaned_data["time_zone"])
            return None
        except Invalid as error:
            form.add_error("name", error.errors.get("name", [error.message]))
    return form


def _choose_zone(user: User, zone: str) -> None:
    when = {"quiet_from": user.quiet_from, "quiet_until": user.quiet_until}
    notification_choices.choose(person=user, by=user, hows={}, time_zone=zone, **when)


def _kinds(user: User) -> dict[str, str]:
    """Return the kinds of keys that the person can end in addition to sessions: those of which there are any."""
    counts = {name: rows.count() for name, rows in own_keys.of(user).items()}
    return {name: f"{label} ({number(counts[name])})" for name, label in own_keys.OWN.items() if counts[name]}


def _change_password(request: SignedIn, kinds: dict[str, str]) -> PasswordForm | None:
    """Limit guesses of the old password as at the sign-in, so that no one can try thousands in an open browser."""
    form = PasswordForm(request.POST, kinds=kinds)
    user = request.user
    wrong: dict[str, list[str]] = {}

    def check() -> bool:
        try:
            accounts.change_password(user=user, by=user, **form.cleaned_data)
        except Invalid as error:
            wrong.update(error.errors)
        return "old" not in wrong

    if form.is_valid():
        try:
            _guess(request, SignIn.How.CHANGE, user.username, check)
        except Refused as error:
            wrong = wrong or {"": [error.message]}
        for name, complaints in wrong.items():
            form.add_error(name or None, complaints)
        if not wrong:
            update_session_auth_hash(request, user)  # other browsers are signed out; this one stays
            return None
    return form


def _provider_of(user: User) -> str:
    """Return the label of the provider of this account, or "" for an account with a password."""
    provider = UserSocialAuth.objects.filter(user=user).values_list("provider", flat=True).first() or ""
    return str(settings.SOCIAL_PROVIDERS.get(provider, provider))


@require_POST
def sign_out_everywhere(request: SignedIn) -> HttpResponse:
    """End all sessions, including this one, and the selected keys."""
    user, form = request.user, AlsoForm(request.POST, kinds=_kinds(request.user), prefix="all")
    if not form.is_valid():
        raise Invalid(_("Choose from the list."))
    accounts.sign_out_everywhere(user=user, by=user, also=form.cleaned_data.get("also", []))
    logout(request)
    with speaking(language.of_browser(request)):
        done = _("You are signed out everywhere. You can sign in again here.")
    messages.success(request, done)
    return language.forget(redirect("sign-in"))


@sensitive_post_parameters("old", "new")
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedIn) -> HttpResponse:
    """Show the person's account, organisations and hubs; POST changes the name, language and time zone, or
    the password."""
    user, kinds = request.user, _kinds(request.user)
    forms: dict[str, Any] = {
        "name_form": NameForm(user, language.of_browser(request)),
        "password_form": PasswordForm(kinds=kinds),
        "everywhere_form": AlsoForm(kinds=kinds, prefix="all"),
    }
    status = 200
    if request.method == "POST":
        password = "new" in request.POST
        wrong = _change_password(request, kinds) if password else _change_name(request)
        if wrong is None:
            with speaking(user.language or language.of_browser(request)):
                done = _("Your password was changed.") if password else _("Your profile was saved.")
            messages.success(request, done)
            answer = redirect("profile")
            return answer if user.language else language.forget(answer)
        forms["password_form" if password else "name_form"] = wrong
        status = 422
    hubs = Hub.objects.visible_to(user).alive().select_related("organization", "created_by", "revision")
    shown = list(hubs.order_by("title", "pk")[:MOST_HUBS])
    presenters.note_open(user, shown)
    context = {
        **forms,
        "memberships": user.memberships.select_related("organization").order_by("organization__name"),
        "hubs": shown,
        "hub_count": hubs.count(),
        "signs_in_with": _provider_of(user),
        "sign_ins": sign_ins.named(SignIn.objects.all().of_person(user)[:MOST_SIGN_INS]),
    }
    return render(request, "account/profile.html", context, status=status)

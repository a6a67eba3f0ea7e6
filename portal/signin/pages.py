"""The two steps of a sign-in with a provider, in the browser. What we believe of providers stands in providers.py,
which is loaded when somebody signs in that way: the libraries behind it take long to import."""

import logging
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from social_core.exceptions import AuthCanceled, AuthPolicyError, AuthProviderError, SocialAuthBaseException

from hubs.accounts.services import sign_ins
from hubs.models import SignIn, User

log = logging.getLogger(__name__)
WORDS: dict[str, str] = {
    "provider": "{name} does not answer properly now. Try again in a few minutes, or sign in another way.",
    "canceled": "Nothing happened: the sign-in with {name} was stopped.",
    "disabled": "This account is disabled. Ask the people who run this portal.",
    "other": "The sign-in with {name} did not work. Start again from here.",
}


def _label(backend: str) -> str:
    if backend not in settings.SOCIAL_PROVIDERS:
        raise Http404
    return str(settings.SOCIAL_PROVIDERS[backend])


def _explain(request: HttpRequest, label: str, error: SocialAuthBaseException) -> HttpResponse:
    """Back to the sign-in with a sentence. What a provider wrote goes to the log by its code only: it may hold
    tokens. Raises TooMany."""
    log.warning("sign-in with %s failed: %s at %s", label, error.code, error.stage)
    if not isinstance(error, AuthCanceled):
        sign_ins.wrong(how=SignIn.How.PROVIDER)
    if isinstance(error, AuthPolicyError):
        kind = "disabled"
    elif isinstance(error, AuthCanceled):
        kind = "canceled"
    elif isinstance(error, AuthProviderError):
        kind = "provider"
    else:
        kind = "other"
    messages.error(request, WORDS[kind].format(name=label))
    back = request.session.get("next", "")
    return redirect(reverse(settings.LOGIN_URL) + (f"?{urlencode({'next': back})}" if back else ""))


@login_not_required
@require_POST
def begin(request: HttpRequest, backend: str) -> HttpResponse:
    """Leave for the provider.

    By a page that forwards at once, not by a redirect: Chromium applies form-action to every redirect after a form,
    and which hosts a provider sends people through is not ours to know.
    """
    from social_django import views as social

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
    """Come back from the provider. Somebody who is signed in already stays who they are: accounts are never linked."""
    from social_django import views as social

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

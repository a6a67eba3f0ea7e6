"""The language of pages: chosen at the bottom of each, or that of the browser."""

from typing import TypeVar

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_POST

from hubs.accounts.services import accounts
from hubs.errors import Invalid
from hubs.language import _

Answer = TypeVar("Answer", bound=HttpResponseBase)


@login_not_required  # on the sign-in page, too
@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the language, of the person who is signed in, else of this browser, and return to the page."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise Invalid(_("Choose a language from the list."))
    if request.user.is_authenticated:
        accounts.choose_language(user=request.user, by=request.user, language=language)
    page = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure())
    return remember(redirect(page if ours else "/"), language)


def remember(answer: Answer, language: str) -> Answer:
    """Return the response, which sets the cookie that Django reads."""
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
    return answer


def of_browser(request: HttpRequest) -> str:
    """Return the language that the browser prefers, whatever the cookie says."""
    bare = HttpRequest()
    bare.META = {"HTTP_ACCEPT_LANGUAGE": request.headers.get("Accept-Language", "")}
    return get_language_from_request(bare)


def forget(answer: HttpResponse) -> HttpResponse:
    """Return the response, which deletes the cookie, so that pages follow the browser."""
    answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return answer
